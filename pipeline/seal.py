"""The seal: how kb left its store and the files of `curated/`, so that a change by others is noticed and never built upon.

What looks as it did (size, time, inode) is as it was; of what does not, digests tell.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.workspace import LAYOUTS, OWNED

_HEAD = 3 * 4096
"""The headers of a DuckDB file: every change of what it holds changes them."""

_MAIN = 4096
"""The header that is written once, when a database is made: no two databases share it."""


def told(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty where there is none that can be read."""
    try:
        parsed = json.loads(path.read_bytes()) if path.is_file() else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def look(path: Path) -> list[int] | None:
    """What tells at a glance whether a file was touched; it stays as it is when the file is renamed."""
    try:
        found = path.stat()
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ino]


# ---- the store -------------------------------------------------------------------------------------------------------


def layout() -> str:
    """A digest of how this kb lays a store out."""
    from pipeline.store import layout as laid_out  # noqa: PLC0415 - imports duckdb, which a record in a file does without

    return laid_out.digest()


def of(store: Path, curated: Path) -> dict[str, Any]:
    """What is noted of a store and of `records.ndjson`, for `holds` and `is_the_same`."""
    return {
        "layout": layout(),
        "store": look(store),
        "head": _digest_of_start(store, _HEAD),
        "main": _digest_of_start(store, _MAIN),
        "records": look(curated / LAYOUTS["ndjson"]),
    }


@contextmanager
def being_digested(store: Path) -> Iterator[dict[str, str | None]]:
    """Work out the digest of a store while something else is done; it is there in the end."""
    told_later: dict[str, str | None] = {}
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(_digest, store)
        yield told_later
        told_later["digest"] = digest.result()


def log_of(store: Path) -> Path:
    """Where DuckDB keeps changes that are not in the file of a store yet; kb leaves none."""
    return store.with_name(f"{store.name}.wal")


def holds(noted: Mapping[str, Any], store: Path) -> bool:
    """Whether a store is as it was left: it looks so, or is a copy with the same headers."""
    return (
        is_as_large(noted, store) and _digest_of_start(store, _HEAD) == noted.get("head") and not log_of(store).exists()
    )


def is_the_same(noted: Mapping[str, Any], store: Path) -> bool:
    """Whether a store is to the last byte as it was left; where it looks so, no byte need be read."""
    return holds(noted, store) and (look(store) == noted.get("store") or _digest(store) == noted.get("digest"))


def is_same_database(noted: Mapping[str, Any], store: Path) -> bool:
    """Whether a file began as the store that was left, whatever became of it."""
    return "main" in noted and _digest_of_start(store, _MAIN) == noted["main"]


def is_as_large(noted: Mapping[str, Any], store: Path) -> bool:
    """Whether a file has the size of the store that was left."""
    now, then = look(store), noted.get("store")
    return now is not None and isinstance(then, list) and now[:1] == then[:1]


def records_hold(noted: Mapping[str, Any], curated: Path) -> bool:
    """Whether `records.ndjson` looks as it was left."""
    now = look(curated / LAYOUTS["ndjson"])
    return now is not None and now == noted.get("records")


def _digest_of_start(path: Path, length: int) -> str | None:
    """A digest of the first bytes; None where there is no file: a queue would never end."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return hashlib.sha256(file.read(length)).hexdigest()
    except OSError:
        return None


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


# ---- the files of curated/ -------------------------------------------------------------------------------------------


def entries(curated: Path) -> dict[str, os.stat_result]:
    """All below `curated/` that bears a name of kb's own, links not followed; the name of a folder ends in `/`."""
    return dict(_entries(curated, "")) if _is_folder(curated) else {}


def _entries(folder: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    try:
        found = list(os.scandir(folder))
    except OSError:
        return
    for entry in found:
        if not prefix and entry.name not in OWNED:
            continue
        name, about = f"{prefix}{entry.name}", entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(about.st_mode):
            yield f"{name}/", about
            yield from _entries(folder / entry.name, f"{name}/")
        else:
            yield name, about


def is_plain(about: os.stat_result) -> bool:
    """Whether it is a file that can be read."""
    return stat.S_ISREG(about.st_mode) and bool(about.st_mode & stat.S_IRUSR)


def looks(curated: Path, digests: Mapping[str, str]) -> dict[str, list[int | str | None]]:
    """How everything below `curated/` looks, with the digests of the files."""
    return {name: [*_look(name, about), digests.get(name)] for name, about in entries(curated).items()}


def look_alike(curated: Path, then: Mapping[str, Any]) -> bool:
    """Whether everything below `curated/` looks as it did, and nothing came or went."""
    now = entries(curated)
    return now.keys() == then.keys() and all(_look(name, about) == then[name][:-1] for name, about in now.items())


def altered(curated: Path, then: Mapping[str, Any]) -> list[str]:
    """What below `curated/` came, went or changed since."""
    now = entries(curated) if then else {}
    return sorted(
        name
        for name in now.keys() | then.keys()
        if name not in now or name not in then or not _is_same(curated / name, name, now[name], then[name])
    )


def _is_same(path: Path, name: str, now: os.stat_result, then: list[Any]) -> bool:
    if _look(name, now) == then[:-1] or stat.S_ISDIR(now.st_mode):
        return True
    return is_plain(now) and now.st_size == then[0] and then[-1] in {None, _digest(path)}


def _look(name: str, about: os.stat_result) -> list[int]:
    if name.endswith("/"):
        return [0, 0, 0, about.st_mode]
    return [about.st_size, about.st_mtime_ns, about.st_ino, about.st_mode]


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False
