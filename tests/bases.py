"""Knowledge bases for the specifications: a workspace to put files into, to ingest, and to look at."""

import atexit
import datetime as dt
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from kb import store
from kb.jobs.ingest import ingest
from kb.judging.request import IngestOptions, Request
from kb.model import Document, Json
from kb.results import IngestResult
from kb.rules.example import with_changes
from kb.store import connection
from kb.store.build import Draft, change, create, trial
from kb.workspace import Workspace, find

DAY = dt.date(2026, 11, 22)

INCIDENTAL = {"files": "* EXCLUDE (root, modified, inode)"}
"""The columns that say how a file was asked for and what its disk says of it, not what it holds."""


def record(slug: str, **values: Json) -> Document:
    """A clean record under the id `git/<slug>` that is like no other, with some of its values changed."""
    return copy(slug, **{**_own_texts(slug), **values})


def copy(slug: str, **values: Json) -> Document:
    """The clean record of the rules under the id `git/<slug>`, with some of its values changed."""
    return with_changes({"/id": f"git/{slug}", **{f"/{key}": value for key, value in values.items()}})


def _own_texts(slug: str) -> dict[str, str]:
    """Texts that two records share with no other: by their words, for digits are no difference."""
    word = slug.translate({ord("0") + i: letter for i, letter in enumerate("qwxyzjkvuh")})
    return {
        "signature": f"fatal: {word} is no repository",
        "regex": f"^fatal: {word} is no",
        "root_cause": f"What {word} needs, {word} is not given by {word}.",
        "dead_ends/0/action": f"Install {word} again",
        "dead_ends/0/why_fails": f"There is nothing amiss with how {word} was installed.",
        "dead_ends/1/action": f"Run {word} as root",
        "dead_ends/1/why_fails": f"It only hides what {word} may not do.",
        "workarounds/0/action": f"Give {word} its folder",
        "workarounds/1/action": f"Tell {word} where to look",
    }


def encoded(content: Json) -> bytes:
    """Bytes as they are, any other value as JSON."""
    return content if isinstance(content, bytes) else orjson.dumps(content)


def ndjson(*contents: Json) -> bytes:
    """A line for each value."""
    return b"".join(encoded(content) + b"\n" for content in contents)


def suppressions(*entries: Mapping[str, object]) -> str:
    """Entries of kb.toml under [[suppress]]; `until` is a day, all else is text."""
    return "\n".join(
        "[[suppress]]\n"
        + "\n".join(f"{k} = {v if k == 'until' else orjson.dumps(v).decode()}" for k, v in entry.items())
        for entry in entries
    )


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file below a folder, by its path there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@cache
def _empty_store() -> Path:
    """A store that nothing was put into yet, made once: to lay out its tables takes a sixth of a small ingest."""
    folder = tempfile.TemporaryDirectory(prefix="kb-tests-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / "kb.duckdb"
    with create(path) as draft:
        draft.finish()
    return path


@contextmanager
def created(path: Path | None, spill: Path | None = None) -> Iterator[Draft]:
    """A new, empty store, as `kb.store.build.create` makes it; what the jobs of this process begin with (conftest.py).

    What they make in memory, beside a folder for the rest, lies in a file that is thrown away with that.
    """
    if path is None and spill is None:
        with create(None) as draft:
            yield draft
        return
    file = path or (spill or Path()).with_name("scratch.duckdb")
    shutil.copyfile(_empty_store(), file)
    with (change if path else trial)(file) as draft:
        yield draft


@contextmanager
def reading(path: Path) -> Iterator[store.Store]:
    """A store to be looked at, at less cost than by `store.read`: nobody asks whether its tables are those of this kb."""
    name = str(path).replace("'", "''")
    with _reader().cursor() as cursor:
        cursor.execute(f"ATTACH '{name}' AS {connection.BASE_NAME} (READ_ONLY); USE {connection.BASE_NAME}")
        try:
            yield store.Store(cursor)
        finally:
            cursor.execute(f"USE memory; DETACH {connection.BASE_NAME}")


@cache
def _reader() -> duckdb.DuckDBPyConnection:
    """A database without tables that others are attached to: to start one takes ten times as long."""
    atexit.register(_close_reader)
    return duckdb.connect(config=connection.OFFLINE | {"threads": 1})


def _close_reader() -> None:
    _reader().close()
    _reader.cache_clear()


@dataclass(frozen=True)
class Base:
    """A workspace. Names are paths relative to it.

    Only one that is `whole` has reports in `curated/`; only one that is `gated` has what it
    publishes held against the contracts of the tables too. These take two thirds of a small ingest: the tests that look at
    them, and those of equal bases, ask for them; what runs `kb` has them in any case. None waits for the disk: a test of
    that runs `kb`.
    """

    root: Path
    is_whole: bool = False
    is_gated: bool = False

    @property
    def workspace(self) -> Workspace:
        return find(self.root)

    # ---- to change -------------------------------------------------------------------------------------------------

    def put(self, name: str, content: Json) -> Path:
        """Write a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(content))
        return path

    def record(self, slug: str, **values: Json) -> Path:
        """Put the clean record, changed, where its id says."""
        return self.put(f"raw/git/{slug}.json", record(slug, **values))

    def configure(self, text: str) -> None:
        self.put("kb.toml", text.encode())

    def drop(self, *names: str) -> None:
        for name in names:
            path = self.root / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def ingest(
        self, *names: str, as_of: dt.date = DAY, allow_removals: bool = False, dry_run: bool = False, jobs: int = 1
    ) -> IngestResult:
        """Ingest some paths (default: `raw`), with one process where no more are asked for."""
        options = IngestOptions(dry_run, allow_removals)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("os.sync", lambda: None)
            if not self.is_gated:
                patch.setattr("kb.planning.carrying._check_contracts", lambda *_, **__: False)
            if not self.is_gated:
                patch.setitem(connection.OFFLINE, "threads", 1)
            if not (self.is_gated or self.is_whole):
                patch.setattr("kb.publish.curated_files.reports", lambda *_: iter(()))
            return ingest(
                self.workspace, [self.root / name for name in names or ("raw",)], Request(as_of, jobs=jobs), options
            )

    def again(self, folder: Path, *names: str, as_of: dt.date = DAY) -> "Base":
        """A new base, made by one ingest of what lies here now."""
        for name in ("kb.toml", "ledger", "formats", *(names or ("raw",))):
            source, target = self.root / name, folder / name
            if source.is_dir():
                shutil.copytree(source, target)
            elif source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        fresh = replace(self, root=folder)
        fresh.ingest(*names, as_of=as_of)
        return fresh

    def settle(self, fill: Callable[["Base"], object]) -> None:
        """Fill this base, and ingest it. That is done once in this process for each way to fill one, and copied then.

        So its files are others than those that were ingested, of the same bytes: the next ingest looks into all of them.
        """
        shutil.copytree(_settled(fill, is_whole=self.is_whole, is_gated=self.is_gated), self.root, dirs_exist_ok=True)

    # ---- to look at ------------------------------------------------------------------------------------------------

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with reading(self.workspace.store) as base:
            return base.query(sql).rows

    def column(self, sql: str) -> list[Any]:
        return [value for (value,) in self.query(sql)]

    def slugs(self) -> list[str]:
        """The ids of the published records, without their domain."""
        return [name.removeprefix("git/") for name in self.column("SELECT id FROM records ORDER BY id")]

    def tables(self) -> dict[str, list[str]]:
        """Every published table but those of earlier runs, as sorted rows."""
        with reading(self.workspace.store) as base:
            return {
                table: sorted(map(repr, base.query(f"SELECT {INCIDENTAL.get(table, '*')} FROM {table}").rows))  # noqa: S608 - names of ours
                for table in store.PUBLISHED
                if table not in {"runs", "figures", "finding_changes"}
            }

    def curated(self) -> dict[str, bytes]:
        """Every file below `curated/`, by its name there."""
        return contents(self.workspace.curated)

    def document(self, slug: str) -> Document:
        parsed: Document = orjson.loads(self.curated()[f"records/git/{slug}.json"])
        return parsed

    def lines(self, name: str) -> list[Document]:
        """The objects of one NDJSON file below `curated/`."""
        return [orjson.loads(line) for line in (self.workspace.curated / name).read_bytes().splitlines()]

    def findings(self) -> list[Document]:
        """The findings below `curated/`: those that last, and those that depend on the day."""
        return [*self.lines("findings.ndjson"), *self.lines("reports/day-findings.ndjson")]

    def manifest(self) -> Document:
        parsed: Document = orjson.loads((self.workspace.curated / "manifest.json").read_bytes())
        return parsed

    def footprint(self) -> dict[str, tuple[int, int, bytes]]:
        """Inode, time of change and bytes of all but the scratch: with equal footprints, nothing was written."""
        paths = [path for path in self.root.rglob("*") if ".kb" not in path.relative_to(self.root).parts]
        return {
            str(path): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in paths
        }


@cache
def _settled(fill: Callable[[Base], object], *, is_whole: bool, is_gated: bool) -> Path:
    folder = tempfile.TemporaryDirectory(prefix="kb-tests-")
    atexit.register(folder.cleanup)
    base = Base(Path(folder.name), is_whole, is_gated)
    fill(base)
    base.ingest()
    return base.root
