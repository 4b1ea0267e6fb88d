"""`kb export`: the published records in another format."""

import os
import re
from collections.abc import Callable, Collection, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from kb import aside, sources
from kb.errors import KbError
from kb.jobs import recognition, site
from kb.model import GONE, Change
from kb.publish import swap
from kb.publish.curated_files import pretty
from kb.render import links, problem_matchers
from kb.render.text import count
from kb.settings import Sql
from kb.sources import SourceFile, readers
from kb.sources.formats import SHIPPED, Format, Formats
from kb.store import Store, statements
from kb.store.layout import of_records
from kb.words import brief, did_you_mean, visible
from kb.workspace import Workspace

_LIMITS = Sql()

_CHANGES = """
    SELECT record_id, code, pointer, before, after FROM changes
    WHERE record_id IN (SELECT id FROM records WHERE {where}) ORDER BY record_id, seq
"""

_KEY_OF = {"records": "id"} | {table: "record_id" for table in of_records() if table != "copies"}
"""The tables that are exported, and by which column their rows belong to a record."""


class Picked(NamedTuple):
    """The records of a base that a condition picks, where their pages are, and what gets notes of what is left out."""

    base: Store
    where: str
    pages: str | None = None
    warn: Callable[[str], None] = lambda _: None


OF_PATTERNS = ("problem-matchers", "links")
"""The formats that hold the patterns of records; those that would mislead are left out."""


def export(  # noqa: PLR0913 - each is an option of the command
    base: Store,
    format_name: str,
    output: Path,
    where: str = "true",
    home: Workspace | None = None,
    warn: Callable[[str], None] = lambda _: None,
    *,
    pages: str | None = None,
) -> int:
    """Write the published records that an SQL condition over `records` picks; how many they were.

    The formats: `ndjson` and `json` (one file), `problem-matchers` and `links` (one file, of their patterns), `files` (a
    folder, a file for each record), `site` (a folder, a static API), `parquet` and `csv` (a folder, a file for each table),
    and each foreign format (a folder). What came in that format comes back as ingested, byte for byte out of the workspace
    that is its `home`; `warn` gets a note where that is no longer possible, of what fits nowhere, and of what would mislead.
    `pages` is a URL with `{id}` in it: where the pages of records are. The condition keeps the limits that are set there.

    Raises:
        KbError: no such format, the condition is not SQL over the table or takes too much, the output cannot be written,
            or the folder holds files that would pass for some of this export.
    """
    foreign = _known(format_name, home)
    where = _condition(where)
    picked = _count(base, where, home.settings.sql if home else _LIMITS)
    try:
        if format_name in _INTO_FILE:
            output.parent.mkdir(parents=True, exist_ok=True)
            with aside.written(output) as file:
                file.writelines(line.encode() for line in _INTO_FILE[format_name](Picked(base, where, pages, warn)))
        elif format_name == SITE:
            _site(base, output, where, home)
        else:
            _check_folder(base, format_name, foreign.get(format_name), output, where)
            output.mkdir(parents=True, exist_ok=True)
            write = _INTO_FOLDER.get(format_name)
            if write:
                write(base, output, where)
            else:
                _foreign(base, _Foreign(foreign, format_name, output, where, warn), home.root if home else None)
    except OSError as error:
        raise KbError(f"{error.filename or output}: cannot be written: {error.strerror}") from None
    return picked


def _known(format_name: str, home: Workspace | None) -> Formats:
    """The formats of records; that which is named is one of them, or one of ours.

    Raises:
        KbError: it is not.
    """
    foreign = Formats(home.format_files()) if home else SHIPPED
    known = (*IN_ONE_FILE, *_INTO_FOLDER, SITE, *foreign.foreign)
    if format_name not in known:
        raise KbError(f"--format {format_name}: {did_you_mean(format_name, known)}")
    return foreign


def lines(picked: Picked, format_name: str, home: Workspace | None = None) -> Iterator[str]:
    """The same records as text, in a format that is one file.

    Raises:
        KbError: there is no such format, it is none of one file, or the condition is not SQL over the table.
    """
    _known(format_name, home)
    limits = home.settings.sql if home else _LIMITS
    if format_name not in _INTO_FILE:
        raise KbError(
            f"--format {format_name} has no place on standard output; name a folder with -o, or choose"
            f" {', '.join(_INTO_FILE)}"
        )
    where = _condition(picked.where)
    _count(picked.base, where, limits)
    return _INTO_FILE[format_name](picked._replace(where=where))


def base_url(text: str) -> str:
    """What `--base-url` says, as a template with `{id}` in it.

    Raises:
        KbError: it is no http(s) URL.
    """
    if not _URL.fullmatch(text):
        raise KbError(
            f"--base-url {brief(visible(text))}: write a URL such as https://example.org/kb/, with {{id}} or without"
        )
    return text if "{id}" in text else f"{text.rstrip('/')}/records/{{id}}.json"


_URL = re.compile(r"https?://[^\s/\x00-\x1f\"<>]+(?:/[^\s\x00-\x1f\"<>]*)?")


def _condition(where: str) -> str:
    if not where.strip():
        raise KbError("--where is empty; leave it out for every record, or write SQL such as domain = 'git'")
    return statements.condition(where)


def _count(base: Store, where: str, limits: Sql) -> int:
    counted: int = statements.measured(base, f"SELECT count(*) FROM records WHERE {where}", limits)
    return counted


def _check_folder(base: Store, format_name: str, form: Format | None, output: Path, where: str) -> None:
    """Refuse a folder with files that would pass for some of this export, such as those of an earlier one."""
    if format_name in {"parquet", "csv"}:
        suffixes: tuple[str, ...] = (f".{format_name}",)
        written = {f"{table}.{format_name}" for table in _KEY_OF}
    else:
        ids = base.query(f"SELECT id FROM records WHERE {where}").rows
        read = form.reads if form else {readers.JSON.name}
        suffixes = tuple(suffix for reader in readers.READERS if reader.name in read for suffix in reader.suffixes)
        written = {f"{name}{suffix}" for (name,) in ids for suffix in suffixes}
    _check_others(output, suffixes, written)


def _check_others(output: Path, suffixes: tuple[str, ...], written: Collection[str]) -> None:
    present = (path.relative_to(output).as_posix() for path in output.rglob("*") if path.name.endswith(suffixes))
    others = sorted(name for name in present if name not in written)
    if others:
        raise KbError(
            f"{output}: holds {count(len(others), 'file')} that this export does not write (such as {others[0]}), and"
            " that would pass for some of it; name a new folder, or empty this one"
        )


SITE = "site"
"""The format of which a folder is written whole or not at all."""


def _site(base: Store, output: Path, where: str, home: Workspace | None) -> None:
    with aside.folder_drafted(output) as draft:
        written = set()
        for name, data in site.files(base, where, swap.manifest(home.curated) if home else {}):
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_bytes(data)
            written.add(name)
        _check_others(output, (".json",), written)


def _files(base: Store, output: Path, where: str) -> None:
    for name, doc in base.documents(where):
        _put(output / f"{name}.json", orjson.loads(doc))


def _put(path: Path, document: Any) -> None:  # noqa: ANN401 - any JSON value
    _write(path, pretty(document))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with aside.written(path) as file:
        file.write(data)


def _reader(source: str, form: Format) -> readers.Reader:
    """The kind of file that a record goes into: that which it came in, else the first that its format is read from."""
    came_in = readers.of(source)
    return came_in if came_in.name in form.reads else next(one for one in readers.READERS if one.name in form.reads)


def _ndjson(picked: Picked) -> Iterator[str]:
    return (f"{doc}\n" for _, doc in picked.base.documents(picked.where))


def _json(picked: Picked) -> Iterator[str]:
    start = "["
    for _, doc in picked.base.documents(picked.where):
        yield f"{start}\n{doc}"
        start = ","
    yield "[]\n" if start == "[" else "\n]\n"


def _problem_matchers(picked: Picked) -> Iterator[str]:
    usable = recognition.usable(picked.base, picked.where, picked.warn, recognition.BACKTRACKING)
    return problem_matchers.render(usable, picked.warn)


def _links(picked: Picked) -> Iterator[str]:
    return links.render(recognition.usable(picked.base, picked.where, picked.warn), picked.pages, picked.warn)


_INTO_FILE: dict[str, Callable[[Picked], Iterator[str]]] = {
    "ndjson": _ndjson,
    "json": _json,
    "problem-matchers": _problem_matchers,
    "links": _links,
}


def _tables(where: str) -> Iterator[tuple[str, str]]:
    for table, key in _KEY_OF.items():
        yield table, f"SELECT * FROM {table} WHERE {key} IN (SELECT id FROM records WHERE {where}) ORDER BY ALL"


def _parquet(base: Store, output: Path, where: str) -> None:
    for table, sql in _tables(where):
        with aside.drafted(output / f"{table}.parquet") as draft:
            base.copy_to(sql, draft, "FORMAT parquet, COMPRESSION zstd")


def _csv(base: Store, output: Path, where: str) -> None:
    for table, sql in _tables(where):
        with aside.drafted(output / f"{table}.csv") as draft:
            base.copy_to(sql, draft, "FORMAT csv, HEADER")


_INTO_FOLDER: dict[str, Callable[[Store, Path, str], None]] = {"files": _files, "parquet": _parquet, "csv": _csv}

IN_ONE_FILE = tuple(_INTO_FILE)
FORMATS = (*IN_ONE_FILE, *_INTO_FOLDER, SITE, *SHIPPED.foreign)
"""The formats where a workspace has none of its own."""


class _Foreign(NamedTuple):
    """What is written in a foreign format, where to, and whom to tell."""

    formats: Formats
    name: str
    output: Path
    where: str
    warn: Callable[[str], None]


def _foreign(base: Store, asked: _Foreign, root: Path | None) -> None:
    name, where = asked.name, asked.where
    of_format = {record for (record,) in base.stream(_IN_FORM.format(columns="id", where=where), {"form": name})}
    done = _as_ingested(base, asked, root) if root and of_format else set()
    form = asked.formats.get(name)
    changes = _changes(base, where) if of_format - done else None
    apart: list[str] = []
    others: list[str] = []
    for record, doc in base.documents(where):
        if form and record not in done:
            curated = orjson.loads(doc)
            if not form.two_way and name not in (curated.get("extensions") or {}):
                others.append(record)
                continue
            mapped = (
                form.original(curated, changes(record)) if changes and record in of_format else form.carried(curated)
            )
            reader = _reader(curated["curation"]["source"], form)
            _write(asked.output / f"{record}{reader.suffixes[0]}", reader.write(mapped.document))
            apart += [f"{record} ({', '.join(mapped.unplaced[:2])})"] if mapped.unplaced else []
    if others:
        asked.warn(
            f"left out {count(len(others), 'record')} that came otherwise ({', '.join(others[:3])}"
            f"{', …' if len(others) > 3 else ''}): what the mapping {name} computes cannot be turned round"
        )
    if apart:
        asked.warn(
            f"{count(len(apart), 'record')} carried under extensions.{name} what fits nothing in it now; it is"
            f" kept apart, to be moved to where it belongs: {', '.join(apart[:3])}"
            f"{', …' if len(apart) > 3 else ''}"
        )


_IN_FORM = """
    SELECT {columns} FROM (SELECT id, path, position, digest FROM records WHERE ({where}\n))
    JOIN (SELECT record_id FROM match_keys WHERE form = $form) ON record_id = id ORDER BY path, position
"""


def _as_ingested(base: Store, asked: _Foreign, root: Path) -> set[str]:
    """Write the records that came in a format, out of the files that they came from; which were found there.

    As soon as a byte of the file differs, it is not what was ingested: then only the base knows the record.
    """
    written: set[str] = set()
    rows = base.stream(_IN_FORM.format(columns="path, position, id, digest", where=asked.where), {"form": asked.name})
    for file, group in groupby(rows, key=lambda row: sources.file_of(row[0])):
        wanted = {(path, position): (record, digest) for path, position, record, digest in group}
        texts = dict(_found_again(root, file, wanted, asked.formats))
        for record, (suffix, text) in texts.items():
            _write(asked.output / f"{record}{suffix}", text)
        written |= texts.keys()
        if len(texts) < len(wanted):
            asked.warn(
                f"{file}: changed since it was ingested, so {count(len(wanted) - len(texts), 'record')} of it"
                f" {'comes' if len(wanted) - len(texts) == 1 else 'come'} with the values as ingested, but with the keys"
                " in kb's order; run `kb ingest` first"
            )
    return written


def _found_again(
    root: Path, file: str, wanted: dict[tuple[str, int], tuple[str, str]], formats: Formats
) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """The records of a file that are as they were ingested, as id, suffix and bytes: one alone in its file with all around it."""
    source = root / file
    if not source.is_file():
        return
    left = len(wanted)
    try:
        for origin, raw, *_ in sources.read(SourceFile(file, os.fspath(source), 0, 0, 0, formats=formats)):
            record, digest = wanted.get((origin.path, origin.position), ("", ""))
            if record:
                left -= 1
                if origin.digest == digest:
                    reader = readers.of_record(origin.path, raw)
                    is_whole = origin.line is None or reader is not readers.JSON
                    yield record, (reader.suffixes[0], raw if is_whole else raw + b"\n")
            if not left:
                return
    except KbError:  # a file that cannot be read any more holds nothing that could come back
        return


def _changes(base: Store, where: str) -> Callable[[str], list[Change]]:
    """The changes of one record after another; to be asked in the order of ids."""
    rows = base.stream(_CHANGES.format(where=where))
    ahead = next(rows, None)

    def of(record: str) -> list[Change]:
        nonlocal ahead
        changes = []
        while ahead is not None and ahead[0] <= record:
            if ahead[0] == record:
                _, code, pointer, before, after = ahead
                changes.append(
                    Change(code, pointer, orjson.loads(before), GONE if after is None else orjson.loads(after))
                )
            ahead = next(rows, None)
        return changes

    return of
