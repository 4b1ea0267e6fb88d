"""What kb is set to: frozen values read once from `kb.toml`, never at import."""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from kb.errors import KbError
from kb.model import LONGEST_RECORD, Severity
from kb.words import did_you_mean

FILE = "kb.toml"


LAYOUTS = {"files": "records", "ndjson": "records.ndjson"}
"""Where the records lie below `curated/`, by the setting `export.records`."""


class RuleSettings(NamedTuple):
    """Which rules judge, and how severely."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = {}


class Suppression(NamedTuple):
    """A finding to suppress: of which record (an id, or `*` and `?` in it), of which rule, why, and how long."""

    record: str
    code: str
    reason: str
    until: dt.date | None = None

    def holds(self, as_of: dt.date) -> bool:
        """Whether it still suppresses on a day; `until` is the last on which it does."""
        return self.until is None or as_of <= self.until

    @property
    def exact(self) -> bool:
        """Whether it names one record."""
        return not {"*", "?"} & set(self.record)

    @property
    def pattern(self) -> str:
        """The ids that it names, as a regular expression that Python and RE2 read alike."""
        return re.escape(self.record).replace(r"\*", ".*").replace(r"\?", ".")


class TimeToLive(NamedTuple):
    """Days after which a record is stale; a domain's own figure overrides a tier's, and that the default."""

    default: int = 365
    tier: Mapping[str, int] = {}
    domain: Mapping[str, int] = {}


class Trust(NamedTuple):
    """How far evidence and time support a confidence; docs/trust.md gives the formula."""

    ladder: tuple[str, ...] = (
        "ai_generated",
        "community_reported",
        "human_reviewed",
        "community_verified",
        "reproduced",
    )
    aliases: Mapping[str, str] = {
        "auto_generated": "ai_generated",
        "automated": "ai_generated",
        "generated": "ai_generated",
        "machine_generated": "ai_generated",
        "community": "community_reported",
    }
    ceiling_by_sources: tuple[float, ...] = (0.3, 0.6, 0.6, 0.8)
    ceiling_by_tier: Mapping[str, float] = {"human_reviewed": 0.9, "community_verified": 0.95, "reproduced": 1.0}
    time_to_live: TimeToLive = TimeToLive()
    prior_weight: Mapping[str, float] = {
        "ai_generated": 2.0,
        "community_reported": 4.0,
        "human_reviewed": 6.0,
        "community_verified": 8.0,
        "reproduced": 10.0,
    }

    def ceiling(self, distinct_sources: int, tier: str) -> float:
        """The cap on confidence (0…1) for so many distinct sources and this tier.

        A tier is what a record says of itself: without a source that can be followed it adds nothing.
        """
        counted = self.ceiling_by_sources[min(distinct_sources, len(self.ceiling_by_sources) - 1)]
        return max(counted, self.ceiling_by_tier.get(tier, 0.0)) if distinct_sources else counted


class Resolvable(NamedTuple):
    """What RAT004 expects of `fix_success_rate`."""

    true_at_least: float = 0.5
    partial_at_least: float = 0.1
    partial_at_most: float = 0.95
    false_at_most: float = 0.3


class Match(NamedTuple):
    """How `kb match` decides, and what patterns are held against besides the lines that come with kb (RGX004, RGX007).

    A record is an answer from `score` on; one that is less than `margin` behind the nearest makes the answer ambiguous. `record`
    names a file, beside kb.toml, that keeps which records were found, for `kb report matching`; by default none does.
    """

    ordinary: tuple[str, ...] = ()
    score: float = 0.7
    margin: float = 0.05
    record: str = ""


@dataclass(frozen=True, eq=False)
class OwnLines:
    """The distinct lines of a user's own ordinary output; one object for each reading, so that it is quickly compared."""

    lines: tuple[str, ...] = ()

    @property
    def digest(self) -> str | None:
        """The same for the same lines; None, where there are none."""
        return hashlib.sha256("\n".join(self.lines).encode(errors="replace")).hexdigest() if self.lines else None


_NO_LINES = OwnLines()


class Export(NamedTuple):
    """How `curated/` is laid out: `records` is `files` (one for each) or `ndjson` (one for all, for large bases).

    With `html`, the page of the base is there too.
    """

    records: str = "files"
    html: bool = False


class ReportSettings(NamedTuple):
    """When a rule is reported once: it affects more than this share of so many records or more."""

    common_share: float = 0.5
    common_from: int = 50

    def is_common(self, records: int, among: int) -> bool:
        """Whether a rule that affects so many of so many records is reported once."""
        return among >= self.common_from and records > self.common_share * among


class TierLimits(NamedTuple):
    """The limits of `kb gate` for the records of a tier; None: no limit. Of a rejected record the tier is not known."""

    max_stale_share: float | None = None
    min_mean_effective_confidence: float | None = None


class DomainLimits(NamedTuple):
    """The limits of `kb gate` for the records of a domain, the rejected ones too."""

    max_stale_share: float | None = None
    min_mean_effective_confidence: float | None = None
    max_quarantined_share: float | None = None
    max_new_errors: int | None = None


class Gate(NamedTuple):
    """The limits of `kb gate` for the whole base, and for single tiers and domains."""

    max_stale_share: float | None = None
    min_mean_effective_confidence: float | None = None
    max_quarantined_share: float | None = None
    max_new_errors: int | None = None
    tier: Mapping[str, TierLimits] = {}
    domain: Mapping[str, DomainLimits] = {}


Limits = Gate | DomainLimits | TierLimits


class Bounds(NamedTuple):
    """What one input may cost; what is beyond is a finding (SCH001), and the rest is judged.

    Of what is compressed `expansion` and `expanded_bytes` bound what it becomes, whichever is less.
    """

    record_bytes: int = 1 << 20
    records: int = 10_000_000
    members: int = 1_000_000
    expansion: int = 250
    expanded_bytes: int = 8 << 30

    def expanded(self, size: int) -> int:
        """How many bytes something compressed, so many bytes long, may become."""
        return min(self.expanded_bytes, max(self.expansion * size, EXPANDED_IN_ANY_CASE))


EXPANDED_IN_ANY_CASE = 16 << 20
"""What is small may become this large in any case: a few records that are much alike."""


class LedgerSettings(NamedTuple):
    """Who decides, where git does not say; and how many outcomes of one actor count for one action."""

    by: str = ""
    votes_per_actor: int = 5


class Sql(NamedTuple):
    """What a statement may cost, of `kb sql` or of a user's own rule: seconds (0: no limit), a share of the memory."""

    seconds: float = 60.0
    memory: float = 0.5


class Settings(NamedTuple):
    """Everything that `kb.toml` can say, with the defaults, and what was read of the files that it names."""

    as_of: dt.date | None = None
    fail_on: str = "error"
    exclude: tuple[str, ...] = ()
    baseline: str = "kb.baseline.json"
    max_removals: float = 0.1
    rules: RuleSettings = RuleSettings()
    suppress: tuple[Suppression, ...] = ()
    trust: Trust = Trust()
    resolvable: Resolvable = Resolvable()
    match: Match = Match()
    export: Export = Export()
    report: ReportSettings = ReportSettings()
    gate: Gate = Gate()
    ledger: LedgerSettings = LedgerSettings()
    limits: Bounds = Bounds()
    sql: Sql = Sql()
    own_lines: OwnLines = _NO_LINES

    def judging(self) -> dict[str, Any]:
        """What a judgement may depend on, by name; the rules themselves, and what only steers a run, are left out."""
        trust = {f"trust.{key}": as_table(value) for key, value in self.trust._asdict().items()}
        others = {key: as_table(value) for key, value in self._asdict().items() if key not in _STEERING}
        return trust | others | {"match.ordinary": self.own_lines.digest}


def as_table(value: Any) -> Any:  # noqa: ANN401 - settings, or one of their values
    """Settings as plain tables, as `kb.toml` has them."""
    if _is_settings(value):
        value = {key: item for key, item in value._asdict().items() if key not in _READ}
    if isinstance(value, Mapping):
        return {key: as_table(item) for key, item in value.items()}
    return tuple(map(as_table, value)) if isinstance(value, tuple) else value


def _is_settings(thing: Any) -> bool:  # noqa: ANN401 - a value, or a type hint
    return hasattr(thing, "_fields")


_READ = frozenset({"own_lines"})
"""Settings that no key of `kb.toml` gives: what was read of the files that one names."""


_STEERING = _READ | {
    "as_of", "fail_on", "exclude", "baseline", "max_removals", "rules", "suppress", "trust", "match", "export", "report",
    "gate", "ledger", "sql",
}  # fmt: skip
"""Settings that no judgement depends on, or that RuleSet and `judging` see to; a new one counts as judging until it is here."""


def is_actor(text: str) -> bool:
    """Whether a text says who decides, as events do."""
    return re.fullmatch(r"(?:person|agent|ci):\S.*", text) is not None and len(text) <= 200


def text_of(path: Path) -> str:
    """The text of a file of the workspace; a byte order mark of UTF-8 means nothing.

    Raises:
        KbError: it is in another encoding.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        line = data.count(b"\n", 0, error.start) + 1
        fault = "is UTF-16" if wide else f"line {line} is not UTF-8"
        raise KbError(f"{path.name}: cannot be read: {fault}; save it as UTF-8") from None


def load_settings(path: Path) -> Settings:
    """The settings of one `kb.toml`.

    Raises:
        KbError: not TOML, an unknown key (the nearest is named), a value of the wrong type or out of range.
    """
    import tomllib  # noqa: PLC0415 - a file outside of a workspace is judged without

    try:
        given = tomllib.loads(text_of(path))
        settings: Settings = _build(Settings, given, "", path.name)
    except OSError as error:
        raise KbError(f"{path.name}: cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise KbError(f"{path.name}: not TOML: {error}") from None
    settings = _fit_defaults(settings, given.get("trust", {}))
    _check_values(settings, path.name)
    return settings._replace(own_lines=_own_lines(settings.match, path)) if settings.match.ordinary else settings


_MOST_OWN = 1 << 20


def _own_lines(match: Match, file: Path) -> OwnLines:
    """The lines of the files that `match.ordinary` names, each once.

    Raises:
        KbError: a pattern leads out of the workspace or to no file, a file cannot be read, or the lines are too many.
    """
    lines: dict[str, None] = {}
    for i, pattern in enumerate(match.ordinary):
        name = f"match.ordinary[{i}]"
        steps = PurePath(pattern)
        if not pattern.strip() or steps.is_absolute() or ".." in steps.parts:
            raise KbError(f"{file.name}: `{name}` is {pattern!r}; name files below the folder of {file.name}")
        paths = [path for path in sorted(file.parent.glob(pattern)) if path.is_file()]
        if not paths:
            raise KbError(f"{file.name}: `{name}` is {pattern!r}; there is no such file")
        for path in paths:
            try:
                text = path.read_text(encoding="utf-8", errors="replace")
            except OSError as error:
                raise KbError(f"{file.name}: `{name}`: {path.name} cannot be read: {error.strerror}") from None
            lines.update(dict.fromkeys(line.rstrip() for line in text.splitlines() if line.strip()))
            if sum(map(len, lines)) > _MOST_OWN:
                raise KbError(f"{file.name}: `{name}` is {pattern!r}; there is more than 1 MiB of lines, take a sample")
    return OwnLines(tuple(lines))


def _fit_defaults(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """With a ladder of its own, a base keeps only those default aliases, ceilings and weights that are of a tier of it.

    And only those aliases that raise no ceiling: that a word means such a tier is for the base to say.
    """
    ladder = settings.trust.ladder
    aliases, ceilings = settings.trust.aliases, settings.trust.ceiling_by_tier
    if "ceiling_by_tier" not in given:
        ceilings = {tier: value for tier, value in ceilings.items() if tier in ladder}
    if "aliases" not in given:
        plain = frozenset(ladder).difference(ceilings)
        aliases = {alias: tier for alias, tier in aliases.items() if tier in plain and alias not in ladder}
    weights = settings.trust.prior_weight
    if "prior_weight" not in given:
        weights = {tier: value for tier, value in weights.items() if tier in ladder}
    trust = settings.trust._replace(aliases=aliases, ceiling_by_tier=ceilings, prior_weight=weights)
    return settings._replace(trust=trust)


def lines_of_suppressions(lines: Sequence[str]) -> list[int]:
    """The lines of `kb.toml`, counted from 1, on which its suppressions start, as far as they are written as [[suppress]]."""
    return [number for number, line in enumerate(lines, start=1) if _SUPPRESSION.match(line)]


_SUPPRESSION = re.compile(r"\s*\[\[\s*suppress\s*\]\]")


def template() -> str:
    """The `kb.toml` that `kb init` writes: every setting with its default, explained."""
    return Path(__file__).with_name("kb.toml.template").read_text(encoding="utf-8")


def _build(kind: Any, values: Mapping[str, Any], prefix: str, file: str) -> Any:  # noqa: ANN401
    known = {key: hint for key, hint in get_type_hints(kind).items() if key not in _READ}
    arguments = {}
    for key, value in values.items():
        if key not in known:
            raise KbError(f"{file}: unknown setting `{prefix}{key}`; {did_you_mean(key, known)}")
        arguments[key] = _convert(known[key], value, f"{prefix}{key}", file)
    missing = [name for name in known if name not in kind._field_defaults and name not in arguments]
    if missing:
        raise KbError(f"{file}: `{prefix}{missing[0]}` is missing; add it")
    return kind(**arguments)


def _convert(hint: Any, value: Any, name: str, file: str) -> Any:  # noqa: ANN401
    kind = get_origin(hint)
    if _is_settings(hint) or kind is Mapping:
        if not isinstance(value, dict):
            raise _wrong(file, name, value, "a table")
        if kind is None:
            return _build(hint, value, f"{name}.", file)
        return {key: _convert(get_args(hint)[1], item, f"{name}.{key}", file) for key, item in value.items()}
    if kind is tuple:
        of = get_args(hint)[0]
        if not isinstance(value, list):
            raise _wrong(
                file, name, value, f"a list of tables, each under [[{name}]]" if _is_settings(of) else "a list"
            )
        return tuple(_convert(of, item, f"{name}[{i}]", file) for i, item in enumerate(value))
    types, expected = _SCALARS[hint]
    if type(value) not in types:
        raise _wrong(file, name, value, expected)
    return float(value) if float in {hint, *get_args(hint)} else value


_SCALARS: dict[Any, tuple[tuple[type, ...], str]] = {
    float: ((int, float), "a number"),
    float | None: ((int, float), "a number"),
    int: ((int,), "a whole number"),
    int | None: ((int,), "a whole number"),
    bool: ((bool,), "true or false"),
    str: ((str,), "text in quotes"),
    dt.date | None: ((dt.date,), "a date without quotes, as in 2026-11-22"),
}


def _wrong(file: str, name: str, value: object, expected: str) -> KbError:
    return KbError(f"{file}: `{name}` is {value!r}; it has to be {expected}")


def _check_values(settings: Settings, file: str) -> None:
    trust, ttl = settings.trust, settings.trust.time_to_live

    def require(condition: bool, name: str, value: object, rule: str) -> None:  # noqa: FBT001
        if not condition:
            raise KbError(f"{file}: `{name}` is {value!r}; {rule}")

    layout = settings.export.records
    require(layout in LAYOUTS, "export.records", layout, "choose files or ndjson")
    require(settings.fail_on in set(Severity), "fail_on", settings.fail_on, "choose error, warning or info")
    require(bool(settings.baseline.strip()), "baseline", settings.baseline, "name a file")
    record = settings.match.record
    require(
        not record or Path(record).name == record != FILE,
        "match.record",
        record,
        "name a file that is to lie beside kb.toml",
    )
    for i, suppression in enumerate(settings.suppress):
        blank = "say in a few words why the finding is suppressed"
        require(bool(suppression.reason.strip()), f"suppress[{i}].reason", suppression.reason, blank)
        require(bool(suppression.record.strip()), f"suppress[{i}].record", suppression.record, "name an id, or `*`")
    rates: dict[str, float] = {
        "max_removals": settings.max_removals,
        "report.common_share": settings.report.common_share,
        **{f"trust.ceiling_by_sources[{i}]": value for i, value in enumerate(trust.ceiling_by_sources)},
        **{f"trust.ceiling_by_tier.{tier}": value for tier, value in trust.ceiling_by_tier.items()},
        "match.score": settings.match.score,
        "match.margin": settings.match.margin,
        **{f"resolvable.{key}": value for key, value in settings.resolvable._asdict().items()},
        **{name: value for name, value in _limits(settings.gate) if not name.endswith("max_new_errors")},
    }
    for name, value in rates.items():
        require(0 <= value <= 1, name, value, "it has to be between 0 and 1")
    least = settings.report.common_from
    require(least >= 1, "report.common_from", least, "it has to be 1 or more")
    require(bool(trust.ceiling_by_sources), "trust.ceiling_by_sources", [], "name at least one ceiling")
    require(bool(trust.ladder), "trust.ladder", [], "name at least one tier, the weakest first")
    require(len(set(trust.ladder)) == len(trust.ladder), "trust.ladder", list(trust.ladder), "name each tier once")
    tiers = {
        **{f"trust.ceiling_by_tier.{tier}": tier for tier in trust.ceiling_by_tier},
        **{f"trust.time_to_live.tier.{tier}": tier for tier in ttl.tier},
        **{f"trust.prior_weight.{tier}": tier for tier in trust.prior_weight},
        **{f"gate.tier.{tier}": tier for tier in settings.gate.tier},
        **{f"trust.aliases.{alias}": tier for alias, tier in trust.aliases.items()},
    }
    for name, tier in tiers.items():
        require(tier in trust.ladder, name, tier, f"the tiers of the ladder are {', '.join(trust.ladder)}")
    for alias in trust.aliases:
        require(alias not in trust.ladder, f"trust.aliases.{alias}", alias, "a tier of the ladder needs no alias")
    days = {
        "trust.time_to_live.default": ttl.default,
        **{f"trust.time_to_live.tier.{tier}": value for tier, value in ttl.tier.items()},
        **{f"trust.time_to_live.domain.{domain}": value for domain, value in ttl.domain.items()},
    }
    for name, value in days.items():
        require(0 < value <= 36500, name, value, "it has to be between 1 and 36500 days")
    for tier, weight in trust.prior_weight.items():
        name, rule = f"trust.prior_weight.{tier}", f"it has to be above 0 and at most {_MOST_OUTCOMES} outcomes"
        require(0 < weight <= _MOST_OUTCOMES, name, weight, rule)
    for name, value in _limits(settings.gate):
        require(value >= 0, name, value, "it has to be 0 or more")
    for key, value in settings.limits._asdict().items():
        require(value >= 1, f"limits.{key}", value, "it has to be 1 or more")
    longest = settings.limits.record_bytes
    require(longest <= LONGEST_RECORD, "limits.record_bytes", longest, f"it has to be at most {LONGEST_RECORD}")
    by, votes = settings.ledger
    require(not by or is_actor(by), "ledger.by", by, "write person:, agent: or ci:, and a name")
    require(votes >= 1, "ledger.votes_per_actor", votes, "it has to be 1 or more")
    seconds, memory = settings.sql
    require(0 <= seconds <= _DAY, "sql.seconds", seconds, f"it has to be between 0 (no limit) and {_DAY}")
    require(0 < memory <= 1, "sql.memory", memory, "it has to be above 0 and at most 1, a share of the memory")


_DAY = 86_400
_MOST_OUTCOMES = 10_000


def _limits(gate: Gate) -> Iterator[tuple[str, float]]:
    """Every limit that is set, by its full name."""
    tables: dict[str, Limits] = {
        "gate": gate,
        **{f"gate.tier.{tier}": limits for tier, limits in gate.tier.items()},
        **{f"gate.domain.{domain}": limits for domain, limits in gate.domain.items()},
    }
    for prefix, limits in tables.items():
        for name, value in limits._asdict().items():
            if isinstance(value, int | float):
                yield f"{prefix}.{name}", value


def without_records(key: str, domains: Iterable[str], known: Sequence[str]) -> Iterator[str]:
    """What to say of each domain that a setting names and that no record has, given those of all records."""
    for domain in domains:
        if domain not in known:
            hint = did_you_mean(domain, known, "the base is empty" if not known else None)
            yield f"{FILE}: `{key}.{domain}`: no record has this domain; {hint}"
