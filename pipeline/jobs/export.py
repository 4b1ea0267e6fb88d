"""`kb export`: the published records in somebody else's shape."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from pipeline import aside, store
from pipeline.export import pretty
from pipeline.model import GONE, Change, KbError
from pipeline.render.text import count
from pipeline.sources import formats
from pipeline.store import PUBLISHED, Store
from pipeline.words import did_you_mean

_CHANGES = """
    SELECT record_id, code, pointer, before, after FROM changes
    WHERE record_id IN (SELECT id FROM records WHERE ({where})) ORDER BY record_id, seq
"""

_OF_RECORDS = frozenset({"dead_ends", "workarounds", "versions", "transitions", "sources", "changes"})
_TABLES = tuple(name for name in PUBLISHED if name in _OF_RECORDS or name == "records")


def export(base: Store, form: str, output: Path, where: str = "true") -> int:
    """Write the published records that an SQL condition over `records` picks; how many they were.

    The forms: `ndjson` and `json` (one file), `files` (a folder, a file for each record), `parquet` and `csv` (a folder, a
    file for each table), and each foreign format (a folder; what came in that format comes back as it came).

    Raises:
        KbError: no such form, the condition is not SQL over the table, the output cannot be written, or the folder holds
            files that would pass for some of this export.
    """
    into_folder: dict[str, Callable[[Store, Path, str], None]] = {
        "files": _files,
        "parquet": _parquet,
        "csv": _csv,
        **dict.fromkeys(formats.FORMATS, _foreign(form)),
    }
    if form not in _INTO_FILE | into_folder:
        raise KbError(f"--format {form}: {did_you_mean(form, _INTO_FILE | into_folder)}")
    picked = _count(base, where)
    try:
        if form in _INTO_FILE:
            output.parent.mkdir(parents=True, exist_ok=True)
            with aside.written(output) as file:
                file.writelines(line.encode() for line in _INTO_FILE[form](base, where))
        else:
            _check_folder(base, form, output, where)
            output.mkdir(parents=True, exist_ok=True)
            into_folder[form](base, output, where)
    except OSError as error:
        raise KbError(f"{error.filename or output}: cannot be written: {error.strerror}") from None
    return picked


def lines(base: Store, form: str, where: str = "true") -> Iterator[str]:
    """The same records as text, in a form that is one file.

    Raises:
        KbError: the form is none of one file, or the condition is not SQL over the table.
    """
    if form not in _INTO_FILE:
        raise KbError(
            f"--format {form} has no place on standard output; name a folder with -o, or choose"
            f" {' or '.join(_INTO_FILE)}"
        )
    _count(base, where)
    return _INTO_FILE[form](base, where)


def _count(base: Store, where: str) -> int:
    if not where.strip():
        raise KbError("--where is empty; leave it out for every record, or write SQL such as domain = 'git'")
    counted: int = store.guarded(lambda: base.value(f"SELECT count(*) FROM records WHERE ({where})"))
    return counted


def _check_folder(base: Store, form: str, output: Path, where: str) -> None:
    """Refuse a folder with files that would pass for some of this export, such as those of an earlier one."""
    if form in {"parquet", "csv"}:
        written, pattern = {f"{table}.{form}" for table in _TABLES}, f"*.{form}"
    else:
        ids = base.query(f"SELECT id FROM records WHERE ({where})").rows
        written, pattern = {f"{name}.json" for (name,) in ids}, "*.json"
    found = (path.relative_to(output).as_posix() for path in output.rglob(pattern))
    others = sorted(name for name in found if name not in written)
    if others:
        raise KbError(
            f"{output}: holds {count(len(others), 'file')} that this export does not write (such as {others[0]}), and"
            " that would pass for some of it; name a new folder, or empty this one"
        )


def _files(base: Store, output: Path, where: str) -> None:
    for name, doc in base.documents(where):
        _put(output / f"{name}.json", orjson.loads(doc))


def _put(path: Path, document: Any) -> None:  # noqa: ANN401 - any JSON value
    path.parent.mkdir(parents=True, exist_ok=True)
    with aside.written(path) as file:
        file.write(pretty(document))


def _ndjson(base: Store, where: str) -> Iterator[str]:
    return (f"{doc}\n" for _, doc in base.documents(where))


def _json(base: Store, where: str) -> Iterator[str]:
    start = "["
    for _, doc in base.documents(where):
        yield f"{start}\n{doc}"
        start = ","
    yield "[]\n" if start == "[" else "\n]\n"


_INTO_FILE: dict[str, Callable[[Store, str], Iterator[str]]] = {"ndjson": _ndjson, "json": _json}


def _tables(where: str) -> Iterator[tuple[str, str]]:
    for table in _TABLES:
        key = "record_id" if table in _OF_RECORDS else "id"
        yield table, f"SELECT * FROM {table} WHERE {key} IN (SELECT id FROM records WHERE ({where})) ORDER BY ALL"


def _parquet(base: Store, output: Path, where: str) -> None:
    for table, sql in _tables(where):
        with aside.drafted(output / f"{table}.parquet") as draft:
            base.copy_to(sql, draft, "FORMAT parquet, COMPRESSION zstd")


def _csv(base: Store, output: Path, where: str) -> None:
    for table, sql in _tables(where):
        with aside.drafted(output / f"{table}.csv") as draft:
            base.copy_to(sql, draft, "FORMAT csv, HEADER")


def _foreign(name: str) -> Callable[[Store, Path, str], None]:
    def write(base: Store, output: Path, where: str) -> None:
        form = formats.FORMATS[name]
        changes = _changes(base, where)
        for record, doc in base.documents(where):
            curated = orjson.loads(doc)
            own = curated.get("extensions", {}).get(name) is not None
            document = formats.original(curated, changes(record), form) if own else form.to_source(curated)
            _put(output / f"{record}.json", document)

    return write


def _changes(base: Store, where: str) -> Callable[[str], list[Change]]:
    """The changes of one record after another; to be asked in the order of ids."""
    rows = base.stream(_CHANGES.format(where=where))
    ahead = next(rows, None)

    def of(record: str) -> list[Change]:
        nonlocal ahead
        found = []
        while ahead is not None and ahead[0] <= record:
            if ahead[0] == record:
                _, code, pointer, before, after = ahead
                found.append(
                    Change(code, pointer, orjson.loads(before), GONE if after is None else orjson.loads(after))
                )
            ahead = next(rows, None)
        return found

    return of
