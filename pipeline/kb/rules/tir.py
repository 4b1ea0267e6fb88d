"""TIR: the verification tier."""

from kb.model import Json, Severity
from kb.rules.base import Found, Record, check, fix
from kb.settings import Settings
from kb.words import did_you_mean, show


@check(
    "TIR001",
    "tier-unknown",
    Severity.ERROR,
    locked=True,
    reads=("trust.ladder",),
    good=[{}, {"/verification_tier": "reproduced"}],
    bad=[{"/verification_tier": "verified_by_me"}, {"/verification_tier": "Human_reviewed"}],
)
def tier_unknown(r: Record) -> Found:
    """Has a tier from the configured ladder.

    A tier that nobody defined would be believed or not at the reader's whim. The ladder is a setting.
    """
    tier, ladder = r.document["verification_tier"], r.settings.trust.ladder
    if tier not in ladder:
        yield "/verification_tier", f"{show(tier)} is no tier of the ladder; {did_you_mean(tier, ladder)}"


@fix(
    "TIR002",
    "tier-alias",
    Severity.INFO,
    at=("verification_tier",),
    says="{before} is another word for {after}; write that",
    reads=("trust.aliases",),
    good=[{}, {"/verification_tier": "verified"}],
    bad=[{"/verification_tier": "auto_generated", "/confidence": 0.8}],
    version=2,
)
def tier_alias(value: Json, settings: Settings) -> Json:
    """Uses the ladder's own word for its tier.

    The aliases are settings; each stands for exactly one tier. Those that come with kb raise no ceiling: "verified" does
    not say who did it, so it is no alias, unless kb.toml makes it one.
    """
    return settings.trust.aliases.get(value, value) if isinstance(value, str) else value
