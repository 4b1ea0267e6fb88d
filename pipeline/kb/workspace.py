"""Where things are, and the settings: frozen values read once from `kb.toml`, never at import."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kb.errors import KbError
from kb.settings import FILE, Settings, load_settings, text_of

OWN = ("raw", "ledger", "ledger-inbox", "rules", "formats", "curated", ".kb", FILE, "kb.duckdb", "kb.duckdb.wal")
"""What a workspace is made of, but for the baseline."""


LEDGER = "ledger/"
"""Where the events lie; the path of a finding about one starts so."""


def is_of_record(path: str) -> bool:
    """Whether a finding with this path is about a record, and not about kb.toml or an event."""
    return path != FILE and not path.startswith(LEDGER)


PAGE = "reports/index.html"
"""Where the page of the base lies below `curated/`, by the setting `export.html`."""

METRICS = "reports/metrics.json"
"""The figures of the base below `curated/`."""

DAY_FINDINGS = "reports/day-findings.ndjson"
"""The findings below `curated/` that depend on the day; all others are in `findings.ndjson`."""

MANIFEST = "manifest.json"
"""The manifest of `curated/`: the day, the counts, the digest."""

MATCH_INDEX = "match-index"
"""The index of `kb match` below `.kb/`."""

TABLES = "tables"
"""Where the tables lie in a folder that Spark filled."""

OF_THE_DAY = ("reports/", MANIFEST)
"""What below `curated/` depends on the day. Git ignores it; all else depends on records and settings alone."""

OWNED = (
    "records",
    "records.ndjson",
    "reports",
    "findings.ndjson",
    "changes.ndjson",
    "quarantine.ndjson",
    "withdrawn",
    MANIFEST,
)
"""What kb writes below `curated/`; anything else there is left as it is."""


class Workspace(NamedTuple):
    """A folder with `kb.toml`, or any folder, on defaults."""

    root: Path
    settings: Settings
    configured: bool

    @property
    def store(self) -> Path:
        return self.root / "kb.duckdb"

    @property
    def curated(self) -> Path:
        return self.root / "curated"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def ledger(self) -> Path:
        """Where the events lie: what was decided about records."""
        return self.root / "ledger"

    @property
    def inbox(self) -> Path:
        """Where outcomes lie that agents reported; a person lets them into the ledger, by `kb outcome --from`."""
        return self.root / "ledger-inbox"

    def ledger_files(self) -> Iterator[tuple[str, bytes]]:
        """The files of the ledger, by name: each name below it, with its bytes. What is hidden or no JSON is passed over.

        Raises:
            KbError: one cannot be read.
        """
        folder = str(self.ledger)
        for name in _walked(folder, "") if self.ledger.is_dir() else ():
            try:
                content = _content(f"{folder}/{name}")
            except OSError as error:
                raise KbError(f"ledger/{name}: cannot be read: {error.strerror}") from None
            yield name, content

    def rule_files(self) -> dict[str, str]:
        """The custom rules, as written: what is in each `rules/*.sql`, by that name.

        Raises:
            KbError: one cannot be read.
        """
        return self._texts("rules", "sql")

    def format_files(self) -> dict[str, str]:
        """The mappings of foreign formats, as written: what is in each `formats/*.toml`, by that name.

        Raises:
            KbError: one cannot be read.
        """
        return self._texts("formats", "toml")

    def _texts(self, folder: str, suffix: str) -> dict[str, str]:
        texts = {}
        for path in sorted((self.root / folder).glob(f"[!.]*.{suffix}")) if self.configured else ():
            try:
                texts[f"{folder}/{path.name}"] = text_of(path)
            except OSError as error:
                raise KbError(f"{folder}/{path.name}: cannot be read: {error.strerror}") from None
            except KbError as error:
                raise KbError(f"{folder}/{error}") from None
        return texts

    @property
    def baseline(self) -> Path:
        """Where `kb validate` looks for the findings that are known."""
        return self.root / self.settings.baseline

    @property
    def scratch(self) -> Path:
        """Where the next state is made ready; on one file system with what it replaces."""
        return self.root / ".kb"

    @property
    def reports(self) -> Path:
        """Where the reports lie below `curated/`."""
        return self.curated / "reports"

    def part(self, path: Path) -> str | None:
        """The part of the workspace in which a path lies, links followed: `raw/`, `kb.toml` and so on; None: in none."""
        target = real(path)
        for name in (*OWN, self.settings.baseline):
            if target.is_relative_to(real(self.root / name)):
                return f"{name}/" if (self.root / name).is_dir() else name
        return None

    def as_of(self, given: dt.date | None) -> dt.date:
        """The day that age is counted to; here and in `moment` alone a clock is read."""
        return given or self.settings.as_of or dt.date.today()  # noqa: DTZ011 - a person's day, where they are

    def moment(self, given: dt.date | None) -> str:
        """When an event is decided, in UTC: now, or on the day that is given, or set, at its beginning.

        Raises:
            KbError: that day has not come anywhere yet.
        """
        day, now = given or self.settings.as_of, dt.datetime.now(dt.UTC)
        if day is None:
            return now.strftime("%Y-%m-%dT%H:%M:%SZ")
        if day > now.date() + dt.timedelta(days=1):
            raise KbError(f"nobody decides on {day}, which has not come; name another day with --as-of")
        return f"{day.isoformat()}T00:00:00Z"


def _content(path: str) -> bytes:
    """The bytes of a file; there may be very many, and a file object takes twice as long."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        return b"".join(iter(lambda: os.read(descriptor, _PART), b""))
    finally:
        os.close(descriptor)


_PART = 1 << 16


def _walked(folder: str, below: str) -> Iterator[str]:
    """The names of the JSON files below a folder, from there, in order, but for links, pipes and what is hidden."""
    try:
        with os.scandir(f"{folder}/{below}") as scan:
            entries = sorted((entry for entry in scan if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        raise KbError(f"ledger/{below}: cannot be listed: {error.strerror}") from None
    for entry in entries:
        name = f"{below}/{entry.name}" if below else entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walked(folder, name)
        elif entry.name.endswith((".json", ".ndjson")) and entry.is_file(follow_symlinks=False):
            yield name


def real(path: Path) -> Path:
    """Where a path leads, links followed; Path.resolve raises where one leads to itself."""
    return Path(os.path.realpath(path))


def find(root: Path | None = None) -> Workspace:
    """The workspace of `root`, or of the current folder and those above it.

    Raises:
        KbError: `root` is no folder, or `kb.toml` cannot be read or says what no setting is.
    """
    if root is not None and not root.is_dir():
        raise KbError(f"--root {root}: no such folder")
    start = real(root or Path.cwd())
    for folder in [start] if root else [start, *start.parents]:
        if (folder / FILE).is_file() or (folder / FILE).is_symlink():
            return Workspace(folder, load_settings(folder / FILE), configured=True)
    return Workspace(start, Settings(), configured=False)
