"""The rules that judge under some settings, made ready to run."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from types import MappingProxyType
from typing import Any

from kb import __version__
from kb.errors import KbError
from kb.ledger.book import Ledger, read_all
from kb.ledger.event import Event
from kb.ledger.fold import Decided, fold
from kb.model import Document, Kind, Severity
from kb.rules import catalogue, custom, matching, severity_named
from kb.rules.base import Rule, Stage
from kb.rules.led import EventCase, authors
from kb.rules.screens import Screens
from kb.settings import FILE, Settings, Suppression
from kb.sources.formats import SHIPPED, Formats
from kb.words import did_you_mean
from kb.workspace import Workspace

_NONE: Mapping[str, str] = MappingProxyType({})


class RuleSet:
    """The selected rules by stage, their severities, their screens as one automaton, and what is suppressed.

    A suppression that is expired on `as_of` is left out of `suppressions`; without a day, none is. `added` are a user's
    own rules. By the `ledger` it is known what was decided about a record, by the `formats` what one of another base says.
    From what is `given`, another process makes the same again.
    """

    def __init__(
        self,
        settings: Settings,
        as_of: dt.date | None = None,
        added: Sequence[Rule] = (),
        ledger: Ledger | None = None,
        formats: Formats = SHIPPED,
    ) -> None:
        self.given = (settings, as_of, tuple(added), ledger, formats)
        self.settings = settings
        self.as_of = as_of
        self.ledger = Ledger() if ledger is None else ledger
        self.formats = formats
        self.added = tuple(added)
        self.known = rules = {**catalogue(), **{rule.code: rule for rule in added}}
        with _of_the_file():
            chosen = _chosen(settings, rules)
            given = _levels(settings.rules.severity, "rules.severity.", rules)
            self.suppressions = _suppressions(settings, as_of, rules)
        self.rules = {code: rule for code, rule in rules.items() if code in chosen}
        self.severities = {code: rule.severity for code, rule in rules.items()} | given
        self.value_fixes = self._at(Stage.VALUE)
        self.checks = self._at(Stage.CHECK)
        self.of_tables = self._at(Stage.TABLES)
        # the deepest places first, so that a pointer still holds when its rule has its turn
        self.list_fixes = sorted(self._at(Stage.LIST), key=lambda rule: -max(at.count("/") for at in rule.at))
        self.corpus = self._at(Stage.CORPUS)
        self.about_events = self._at(Stage.LEDGER)
        self._checks_by_kind = _by_kind(self.about_events)
        self.about_settings = self._at(Stage.SETTINGS)
        self.errors = frozenset(code for code, severity in self.severities.items() if severity is Severity.ERROR)
        self._patterns = [(re.compile(s.pattern), s) for s in self.suppressions if not s.exact]
        self._by_record = _by_record(self.suppressions)

    def _at(self, stage: Stage) -> list[Rule]:
        return [rule for rule in self.rules.values() if rule.stage is stage]

    @cached_property
    def _screens(self) -> Screens:
        return Screens(self.rules.values())

    @cached_property
    def has_every_fix(self) -> bool:
        """Whether all fixes that come with kb are run."""
        return all(code in self.rules for code, rule in catalogue().items() if rule.kind is Kind.FIX)

    def candidates(self, compact: bytes) -> frozenset[str]:
        """The codes of the rules that may fire on a document, given its compact JSON."""
        return self._screens.passed(compact)

    def suppressed(self, record: str | None) -> Mapping[str, str]:
        """The codes that are suppressed for a record, each with the reason; a suppression of that very id comes first."""
        if not self.suppressions or record is None:
            return _NONE
        matching = {s.code: s.reason for pattern, s in reversed(self._patterns) if pattern.fullmatch(record)}
        return matching | self._by_record.get(record, {})

    def found_in(self, event: Event, written_by: frozenset[str]) -> Iterator[tuple[Rule, str, str]]:
        """What the checks of events say of one about a record of some authors: the rule, where and what."""
        for rule in self._checks_by_kind.get(event.kind, ()):
            for pointer, message in rule.run(EventCase(event, self.settings.trust.ladder, written_by)):
                yield rule, pointer, message

    def valid_events(self, record: str, document: Document | None) -> list[Event]:
        """The events about a record without those that an error is found in; `document` says who wrote it."""
        events = self.ledger.of(record)
        if self._checks_by_kind.keys().isdisjoint(event.kind for event in events):
            return list(events)
        written_by = frozenset() if document is None else authors(document)
        accepted = self.suppressed(record)
        return [
            event
            for event in events
            if not any(
                rule.code in self.errors and rule.code not in accepted for rule, *_ in self.found_in(event, written_by)
            )
        ]

    def decided(self, record: str, document: Document | None, text: str | None) -> Decided:
        """What was decided about a record whose text has this digest."""
        return fold(self.valid_events(record, document), text)

    def judged(self) -> dict[str, Any]:
        """All that a judgement depends on, as plain JSON: version, rules, settings, what is suppressed, the ledger, mappings."""
        basis = {
            "version": __version__,
            "rules": {c: [rule.version, str(self.severities[c]), str(rule.stage)] for c, rule in self.rules.items()},
            "settings": self.settings.judging(),
            "suppressed": [[s.record, s.code, s.reason] for s in self.suppressions],
            "suppress": [[s.record, s.code, s.until and s.until.isoformat()] for s in self.settings.suppress],
            "ledger": self.ledger.state,
            "formats": self.formats.state,
        }
        plain: dict[str, Any] = json.loads(json.dumps(basis, sort_keys=True))
        return plain

    def fingerprint(self) -> str:
        """A digest of all that the judgement of a record depends on."""
        return hashlib.sha256(json.dumps(self.judged(), sort_keys=True).encode()).hexdigest()


def of(workspace: Workspace, as_of: dt.date | None = None) -> RuleSet:
    """The rules of a workspace, its own among them, its ledger and its formats.

    Raises:
        KbError: a setting means no rule, a file of a rule or a mapping says what it cannot, or one of the ledger cannot be
            read.
    """
    formats = Formats(workspace.format_files())
    return RuleSet(workspace.settings, as_of, added_in(workspace), read_all(workspace.ledger_files()), formats)


def added_in(workspace: Workspace) -> tuple[Rule, ...]:
    """The rules that a workspace has of its own.

    Raises:
        KbError: a file of one says what it cannot.
    """
    return custom.parse(workspace.rule_files())


def overridden(
    settings: Settings,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severity: Mapping[str, str] | None = None,
    added: Sequence[Rule] = (),
) -> Settings:
    """The settings under what was said on the command line, which overrides them: what is reported, and how severely.

    What `select` names is reported, whatever the settings select and ignore; `ignore` takes out more; `severity` of a rule
    overrides all that the settings say of that rule. `added` are custom rules. Records are judged by the
    settings themselves, `with_selected`: a rule that is not reported would else find what its fix repairs.

    Raises:
        KbError: one of them names no rule, or no severity.
    """
    rules = {**catalogue(), **{rule.code: rule for rule in added}}
    for option, words in (("--select", select), ("--ignore", ignore)):
        for word in words:
            matching(word, option, rules)
    _refuse_locked(ignore, "--ignore")
    from_file = settings.rules
    chosen = from_file._replace(
        select=tuple(select) or from_file.select,
        ignore=tuple(ignore) if select else (*from_file.ignore, *ignore),
        severity={**from_file.severity, **_levels(severity or {}, "--severity ", rules)},
    )
    return settings._replace(rules=chosen)


def with_selected(settings: Settings, select: Sequence[str], added: Sequence[Rule] = ()) -> Settings:
    """The settings, but what `select` names is run too, whatever they select and ignore.

    Raises:
        KbError: a word of `select` or of the settings names no rule.
    """
    rules = {**catalogue(), **{rule.code: rule for rule in added}}
    with _of_the_file():
        chosen = _chosen(settings, rules)
    more = frozenset[str]().union(*(matching(word, "--select", rules) for word in select))
    if more <= chosen:
        return settings
    return settings._replace(rules=settings.rules._replace(select=tuple(sorted(chosen | more)), ignore=()))


@contextmanager
def _of_the_file() -> Iterator[None]:
    """Errors say that they are about kb.toml, as all others about a setting do."""
    try:
        yield
    except KbError as error:
        raise KbError(f"{FILE}: {error}") from None


def _chosen(settings: Settings, rules: Mapping[str, Rule]) -> frozenset[str]:
    everything = frozenset(rules)
    selected = frozenset[str]().union(*(matching(word, "rules.select", rules) for word in settings.rules.select))
    ignored = frozenset[str]().union(*(matching(word, "rules.ignore", rules) for word in settings.rules.ignore))
    _refuse_locked(settings.rules.ignore, "rules.ignore")
    return ((selected or everything) - ignored) | _locked()


def _locked() -> frozenset[str]:
    return frozenset(code for code, rule in catalogue().items() if rule.locked)


def _refuse_locked(ignored: Sequence[str], setting: str) -> None:
    """A prefix may hold rules that are always run; to name one of them is a mistake."""
    for code in sorted(_locked()):
        if any(word.upper() == code or word.lower() == catalogue()[code].name for word in ignored):
            raise KbError(
                f"`{setting}`: {code} cannot be ignored: a base with such records could not be stored, or handed out"
            )


def _levels(given: Mapping[str, str], setting: str, rules: Mapping[str, Rule]) -> dict[str, Severity]:
    """The severity of each code, as codes, prefixes and names say; what names fewer rules overrides what names more.

    A prefix is about those of its rules that can have the severity; where none can, that is a mistake.
    """
    levels = {}
    entries = [(word, level, sorted(matching(word, setting.rstrip(" ."), rules))) for word, level in given.items()]
    for word, level, codes in sorted(entries, key=lambda entry: -len(entry[2])):
        severity = severity_named(level, f"{setting}{word}")
        reasons = {code: _why_not(rules[code], severity) for code in codes}
        if all(reasons.values()):
            raise KbError(f"`{setting}{word}`: {codes[0]} {reasons[codes[0]]}")
        levels.update(dict.fromkeys((code for code in codes if not reasons[code]), severity))
    return levels


def _why_not(rule: Rule, severity: Severity) -> str | None:
    """Why a rule cannot have a severity, if it cannot."""
    if rule.locked and severity is not Severity.ERROR:
        return "is always an error: the base could not store such records, or hand them out"
    if rule.kind is Kind.FIX and severity is Severity.ERROR:
        return "is a fix: what is repaired cannot reject its record"
    return None


def _suppressions(settings: Settings, as_of: dt.date | None, rules: Mapping[str, Rule]) -> tuple[Suppression, ...]:
    """Those that hold, those of one record first: the order in which they give their reasons."""
    for i, suppression in enumerate(settings.suppress):
        _check(suppression.code, f"suppress[{i}].code", rules)
    holding = [s for s in settings.suppress if as_of is None or s.holds(as_of)]
    return tuple(sorted(holding, key=lambda s: not s.exact))


def _check(code: str, setting: str, rules: Mapping[str, Rule]) -> None:
    if code not in rules:
        raise KbError(f"`{setting}`: no rule {code!r}; {did_you_mean(code, rules, 'see `kb rules`')}")
    if rules[code].locked:
        raise KbError(f"`{setting}`: {code} cannot be suppressed: a base with such records could not be stored")
    if rules[code].stage is Stage.SETTINGS:
        raise KbError(f"`{setting}`: {code} is about kb.toml, not about a record; name it in `rules.ignore`")


def _by_kind(about_events: Sequence[Rule]) -> dict[str, list[Rule]]:
    """The checks of events of each kind that there are any for."""
    by_kind: dict[str, list[Rule]] = {}
    for rule in about_events:
        for kind in rule.kinds:
            by_kind.setdefault(kind, []).append(rule)
    return by_kind


def _by_record(suppressions: tuple[Suppression, ...]) -> dict[str, dict[str, str]]:
    reasons: dict[str, dict[str, str]] = {}
    for suppression in suppressions:
        if suppression.exact:
            reasons.setdefault(suppression.record, {}).setdefault(suppression.code, suppression.reason)
    return reasons
