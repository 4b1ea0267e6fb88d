"""Law 5: after any edits, an incremental ingest gives exactly what a fresh ingest gives."""

import datetime as dt
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kb.errors import KbError
from kb.model import Json
from tests.bases import DAY, Base, contents, encoded, ndjson, record, suppressions

pytestmark = [pytest.mark.whole, pytest.mark.long(every=1)]


FOLDERS = ("raw", "inbox")
LINES = "inbox/lines.ndjson"
SINGLE = ("raw/git/a.json", "raw/git/b.json", "raw/deep/er/a.json", "inbox/a.json")
LISTS = ("raw/list.json", "inbox/list.json")
NDJSON = ("raw/lines.ndjson", LINES)

SAID: dict[str, Json] = {"dead_ends/0/why_fails": "It only hides what is amiss."}
APART: dict[str, Json] = {
    **SAID,
    "transition_graph/leads_to/0": {"error_id": "git/b", "distinction": "The other one names no folder."},
}

CONTENTS: dict[str, Json] = {
    "a": record("a", **APART),
    "a, careless": record("a", **{"dead_ends/0/action": "", "category": " usage_error "}),
    "a, newer": record("a", last_updated="2026-09-01", confidence=0.5),
    "a, older": record("a", last_updated="2025-01-01", confidence=0.6),
    "a, undated": record("a", last_updated=None),
    "b": record("b", **APART),
    "b, unlike": record("b", confidence=0.7),
    "b, from the future": record("b", last_updated="2026-12-24", aliases=["git/a"]),
    "c": record("c", verification_tier="reviewed", **APART),
    "c, rejected": record("c", confidence=85),
    "a, rejected": record("a", first_seen="2026-02-30"),
    "no record": {"id": "git/a"},
    "d": record("d", regex="fatal|error", signature="error: pathspec 404 did not match", **APART),
    "d, wide": record("d", regex=r"(a|.) git"),
    "e, of a and the lost": record(
        "e", transition_graph={"leads_to": ["git/a", "git/lost"]}, aliases=["git/d"], **SAID
    ),
    "e, confused": record("e", transition_graph={"frequently_confused_with": ["git/a", "git/f"]}, aliases=["git/lost"]),
    "f, alike but for digits": record(
        "f", signature="Error: pathspec 500 did  not match", aliases=["git/lost"], **APART
    ),
    "f, of its own": record("f", signature="x", regex="x{3}y", root_cause=None, dead_ends=[], workarounds=[]),
    "g, nearly a": record("a", **APART) | {"id": "git/g", "tags": ["g"]},
    "h, nearly a": record("a", signature="Fatal: a is no repository!") | {"id": "git/h"},
    "a list": [],
    "unreadable": b"{",
    "no UTF-8": b'"\xff"',
    "duplicate keys": b'{"id": 1, "id": 2}',
}

LAYOUTS: dict[str, Callable[[list[Json]], bytes]] = {
    "one": lambda parts: encoded(parts[0]),
    "one, indented": lambda parts: indented(parts[0]),
    "array": lambda parts: b"[" + b",".join(map(encoded, parts)) + b"]",
    "array, indented": lambda parts: b"[\n" + b",\n".join(map(indented, parts)) + b"\n]\n",
    "array, no end": lambda parts: b"[" + b",".join(map(encoded, parts)),
    "lines": lambda parts: ndjson(*parts),
    "lines, CRLF, blank ones": lambda parts: b"\r\n\r\n".join(map(encoded, parts)),
}

SETTINGS = (
    "",
    '[rules.severity]\nDED001 = "error"\n',
    '[rules.severity]\nDAT003 = "error"\n',
    '[rules.severity]\nIDN006 = "error"\n',
    '[rules]\nignore = ["RGX005", "IDN"]\n',
    '[rules]\nignore = ["TXT001"]\n',
    '[rules]\nselect = ["SCH", "DED"]\n[rules.severity]\nDED002 = "error"\n',
    '[rules]\nignore = ["DAT003", "IDN"]\n[rules.severity]\nTXT001 = "warning"\n',
    "[trust.time_to_live]\ndefault = 90\n",
    suppressions(
        {"record": "git/a", "code": "DED001", "reason": "until the next day of DAYS", "until": "2027-01-31"},
        {"record": "git/*", "code": "TXT001", "reason": "as the author wrote it"},
        {"record": "git/b", "code": "DAT003", "reason": "planned"},
    )
    + '\n[rules.severity]\nDED001 = "error"\nDAT003 = "error"\n',
    '[trust.time_to_live.tier]\nhuman_reviewed = 30\n[rules.severity]\nDED001 = "info"\n',
    "[trust]\nceiling_by_sources = [0.2]\n",
    "[trust]\naliases = {}\n",
    "[resolvable]\ntrue_at_least = 0.99\n",
)
DAYS = (DAY, dt.date(2027, 2, 1))


@dataclass
class Trial:
    """A base under edits, beside what it should hold: the files as they were when their folder was last ingested."""

    base: Base
    held: dict[str, bytes] = field(default_factory=dict)
    settings: str = ""
    day: dt.date = DAY
    judged: tuple[str, dt.date] = ("", DAY)

    def configure(self, text: str) -> None:
        self.base.configure(text)
        self.settings = text

    def on_disk(self) -> dict[str, bytes]:
        return {
            f"{folder}/{name}": data for folder in FOLDERS for name, data in contents(self.base.root / folder).items()
        }

    def ingest(self, names: tuple[str, ...]) -> None:
        """Ingest some paths; where that is refused, nothing may have changed, and all of it has to be taken."""
        if self.settings != self.judged[0]:  # all is read again then, whatever the paths
            names = FOLDERS
        before = self.base.footprint()
        refused = self.refused(names)
        if refused:
            assert self.base.footprint() == before
            if names != FOLDERS and "no such file" not in refused:
                self.ingest(FOLDERS)
            else:
                assert "no records there" in refused or "no such file" in refused, refused
            return
        self.judged = (self.settings, self.day)
        self.held = {
            **{name: data for name, data in self.held.items() if not _below(name, names)},
            **{name: data for name, data in self.on_disk().items() if _below(name, names)},
        }

    def refused(self, names: tuple[str, ...]) -> str | None:
        """Ingest, or say why not."""
        try:
            self.base.ingest(*names, as_of=self.day, allow_removals=True)
        except KbError as error:
            return str(error)
        return None

    def fresh(self, root: Path) -> Base | None:
        """A base made at once of the files that this one should hold; None where they hold no record."""
        fresh = Base(root, is_whole=True)
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True)
        for name, data in self.held.items():
            fresh.put(name, data)
        text, day = self.judged
        fresh.configure(text)
        try:
            fresh.ingest(*FOLDERS, as_of=day)
        except KbError as error:
            if "no records there" in str(error):
                return None
            raise
        return fresh


def _below(name: str, paths: tuple[str, ...]) -> bool:
    return any(name == path or name.startswith(f"{path}/") for path in paths)


Edit = Callable[[Trial], None]


def put(name: str, layout: str, parts: list[str]) -> Edit:
    data = LAYOUTS[layout]([CONTENTS[part] for part in parts])
    return lambda trial: void(trial.base.put(name, data))


def drop(name: str) -> Edit:
    return lambda trial: (trial.base.root / name).unlink(missing_ok=True)


def void(_: object) -> None:
    """What an edit gives back."""


def move(old: str, new: str) -> Edit:
    def edit(trial: Trial) -> None:
        source, target = trial.base.root / old, trial.base.root / new
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)

    return edit


def rewrite(name: str, how: str) -> Edit:
    """Change the lines of a file that is there."""

    def edit(trial: Trial) -> None:
        path = trial.base.root / name
        if path.exists():
            path.write_bytes(b"\n".join(REWRITES[how](path.read_bytes().split(b"\n"))))

    return edit


def configure(text: str) -> Edit:
    return lambda trial: trial.configure(text)


def on_day(day: dt.date) -> Edit:
    return lambda trial: setattr(trial, "day", day)


def indented(content: Json) -> bytes:
    return content if isinstance(content, bytes) else orjson.dumps(content, option=orjson.OPT_INDENT_2)


def puts_of(names: tuple[str, ...], layout: str, most: int) -> st.SearchStrategy[Edit]:
    layouts = st.sampled_from([name for name in LAYOUTS if name.startswith(layout)])
    parts = st.lists(st.sampled_from(list(CONTENTS)), min_size=1, max_size=most)
    return st.builds(put, st.sampled_from(names), layouts, parts)


REWRITES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a blank line first": lambda lines: [b"", *lines],
    "backwards": lambda lines: lines[::-1],
    "without the first": lambda lines: lines[1:],
    "twice": lambda lines: lines * 2,
}

puts = puts_of(SINGLE, "one", 1) | puts_of(LISTS, "array", 4) | puts_of(NDJSON, "lines", 6)
edits = (
    puts
    | puts
    | st.builds(drop, st.sampled_from([*SINGLE, *LISTS, *NDJSON]))
    | st.builds(move, st.sampled_from(SINGLE), st.sampled_from(SINGLE))
    | st.builds(move, st.sampled_from(NDJSON), st.sampled_from(NDJSON))
    | st.builds(rewrite, st.sampled_from(NDJSON), st.sampled_from(list(REWRITES)))
    | st.builds(configure, st.sampled_from(SETTINGS))
    | st.builds(on_day, st.sampled_from(DAYS))
)
paths = st.sampled_from([FOLDERS, FOLDERS, FOLDERS[::-1], ("raw",), ("inbox",), (LINES,)])
steps = st.tuples(st.lists(edits, min_size=1, max_size=5), paths)


# a try takes a second, so shrinking would take minutes; what fails is a few edits by name
@settings(max_examples=max(settings().max_examples // 12, 1), phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(puts, min_size=2, max_size=6), st.lists(steps, min_size=1, max_size=3))
def test_incremental_equals_full(first: list[Edit], then: list[tuple[list[Edit], tuple[str, ...]]]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        trial = Trial(Base(Path(scratch) / "base", is_gated=True))
        for folder in FOLDERS:
            (trial.base.root / folder).mkdir(parents=True)
        for changes, names in [(first, FOLDERS), *then]:
            for edit in changes:
                edit(trial)
            trial.ingest(names)
        compare(trial, Path(scratch) / "fresh")


def compare(trial: Trial, root: Path) -> None:
    fresh = trial.fresh(root)
    if fresh is None:
        assert not trial.base.workspace.store.exists() or trial.base.slugs() == []
    else:
        assert trial.base.curated() == fresh.curated()
        assert trial.base.tables() == fresh.tables()
