"""The rule catalogue: every judgement that is made about a record."""

from collections.abc import Mapping
from functools import cache

from kb.errors import KbError
from kb.model import Severity
from kb.rules import dat, ded, evd, idn, led, loc, rat, ref, rgx, saf, sch, sev, sup, tir, txt, ver, wrk
from kb.rules.base import Rule
from kb.words import did_you_mean

PREFIXES = {
    "SCH": (sch, "document and schema"),
    "IDN": (idn, "identity"),
    "TXT": (txt, "text"),
    "DED": (ded, "dead ends"),
    "WRK": (wrk, "workarounds"),
    "RAT": (rat, "rates"),
    "EVD": (evd, "evidence"),
    "TIR": (tir, "verification tier"),
    "SEV": (sev, "how bad the error is"),
    "DAT": (dat, "dates"),
    "RGX": (rgx, "the matching pattern"),
    "REF": (ref, "references between records"),
    "VER": (ver, "versions"),
    "LOC": (loc, "translations"),
    "SAF": (saf, "safe to hand to a person or an agent"),
    "LED": (led, "the ledger"),
    "SUP": (sup, "suppressions"),
}


@cache
def catalogue() -> Mapping[str, Rule]:
    """Every rule by its code, in the order of PREFIXES and codes."""
    return {
        rule.code: rule
        for module, _ in PREFIXES.values()
        for rule in sorted((v for v in vars(module).values() if isinstance(v, Rule)), key=lambda rule: rule.code)
    }


def named(code: str, among: Mapping[str, Rule] | None = None) -> Rule:
    """The rule of a code, in any case, or of a name such as `unreadable`.

    Raises:
        KbError: there is none; the nearest is named.
    """
    rules = catalogue() if among is None else among
    by_name = {rule.name: rule for rule in rules.values()}
    rule = rules.get(code.upper()) or by_name.get(code.lower())
    if rule is None:
        words = by_name if "-" in code else rules
        raise KbError(f"no rule {code}; {did_you_mean(code if '-' in code else code.upper(), words, 'see `kb rules`')}")
    return rule


def matching(pattern: str, setting: str, among: Mapping[str, Rule] | None = None) -> frozenset[str]:
    """The codes that a code, a prefix of codes or a name means, in any case.

    Raises:
        KbError: it means none; the nearest is named.
    """
    rules = catalogue() if among is None else among
    by_name = {rule.name: code for code, rule in rules.items()}
    if pattern.lower() in by_name:
        return frozenset({by_name[pattern.lower()]})
    codes = frozenset(code for code in rules if code.startswith(pattern.upper())) if pattern else frozenset()
    if not codes:
        if severity := severity_meant(pattern):
            level = f"`--level {severity}` shows {shown_at(severity)}"
            meant = "`--level` chooses what is shown by it" if setting == "--ignore" else level
            raise KbError(f"`{setting}`: {pattern!r} is a severity, not a rule; {meant}")
        words = by_name if "-" in pattern else [*PREFIXES, *rules]
        hint = did_you_mean(pattern if "-" in pattern else pattern.upper(), words, "see `kb rules`")
        raise KbError(f"`{setting}`: no rule {pattern!r}; {hint}")
    return codes


def severity_meant(word: str) -> Severity | None:
    """The severity that a word means as people say it: `errors`, `warn`, `INFO`."""
    stem = word.lower().removesuffix("s")
    return next((severity for severity in Severity if len(stem) >= 3 and severity.startswith(stem)), None)


def shown_at(severity: Severity) -> str:
    """What the level of a severity shows."""
    return {Severity.ERROR: "errors alone", Severity.INFO: "everything"}.get(
        severity, f"{severity}s and what is graver"
    )


def severity_named(word: str, setting: str) -> Severity:
    """The severity of a word in the settings.

    Raises:
        KbError: it is none.
    """
    try:
        return Severity(word)
    except ValueError:
        raise KbError(f"`{setting}` is {word!r}; choose error, warning or info") from None
