"""The seal: how kb left its store and the files of `curated/`, so that a change by others is noticed and never built upon.

What looks as it did (size, time, inode) is unchanged; of anything else, digests decide.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from kb.settings import LAYOUTS
from kb.workspace import OWNED

_SCRIPTS = Path(__file__).parents[1] / "store" / "sql"
"""Read as files: the room of the store imports duckdb, which much that asks for the seal does without."""

_HEAD = 3 * 4096
"""The headers of a DuckDB file: every change of what it holds changes them."""

_MAIN = 4096
"""The header that is written once, when a database is made: no two databases share it."""


def read_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty where there is none that can be read."""
    try:
        parsed = json.loads(path.read_bytes()) if path.is_file() else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def look(path: Path) -> list[int] | None:
    """Size, time and inode: they change when a file is touched, and stay the same when it is renamed."""
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ino]


# ---- the store -------------------------------------------------------------------------------------------------------


@cache
def layout() -> str:
    """A digest of the scripts by which this kb lays a store out."""
    scripts = (_SCRIPTS / name for name in ("schema.sql", "working.sql", "macros.sql"))
    return hashlib.sha256("".join(script.read_text(encoding="utf-8") for script in scripts).encode()).hexdigest()


def of(store: Path, curated: Path) -> dict[str, Any]:
    """What is noted of a store and of `records.ndjson`, for `holds` and `is_the_same`."""
    return {
        "layout": layout(),
        "store": look(store),
        "head": _digest_of_start(store, _HEAD),
        "main": _digest_of_start(store, _MAIN),
        "digest": _digest(store),
        "records": look(curated / LAYOUTS["ndjson"]),
    }


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
    """All below `curated/` that has a name of kb's own, links not followed; the name of a folder ends in `/`."""
    return dict(_entries(str(curated)))


def _entries(folder: str, prefix: str = "") -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(folder) as listed:
            children = [] if not prefix and Path(folder).is_symlink() else list(listed)
    except OSError:
        return
    for entry in children:
        if not prefix and entry.name not in OWNED:
            continue
        name, status = f"{prefix}{entry.name}", entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            yield f"{name}/", status
            yield from _entries(entry.path, f"{name}/")
        else:
            yield name, status


def is_plain(status: os.stat_result) -> bool:
    """Whether it is a file that can be read."""
    return stat.S_ISREG(status.st_mode) and bool(status.st_mode & stat.S_IRUSR)


def write_looks(path: Path, curated: Path, digests: Mapping[str, str]) -> None:
    """Note how everything below `curated/` looks, and the digests of the files, which are rarely needed, in another line."""
    looks = {name: _look(status) for name, status in _entries(str(curated))}
    path.write_bytes(orjson.dumps(looks) + b"\n" + orjson.dumps(digests))


def look_alike(noted: Path, curated: Path) -> bool:
    """Whether everything below `curated/` looks as it was noted, and nothing came or went."""
    then = _read_line(noted, 0)
    count = 0
    for name, status in _entries(str(curated)):
        if then.get(name) != _look(status):
            return False
        count += 1
    return count == len(then) > 0


def altered(noted: Path, curated: Path) -> list[str]:
    """What below `curated/` came, went or changed since it was noted; where nothing was noted, nothing."""
    then, digests = _read_line(noted, 0), _read_line(noted, 1)
    now = entries(curated) if then else {}

    def is_same(name: str) -> bool:
        if name not in now or name not in then:
            return False
        return then[name] == _look(now[name]) or (
            is_plain(now[name]) and then[name][0] == now[name].st_size and digests.get(name) == _digest(curated / name)
        )

    return sorted(name for name in now.keys() | then.keys() if not is_same(name))


def digests(noted: Path) -> dict[str, str]:
    """The digests of the files below `curated/` as they were noted."""
    return _read_line(noted, 1)


def _read_line(path: Path, number: int) -> dict[str, Any]:
    try:
        parsed = orjson.loads(path.read_bytes().split(b"\n")[number])
    except (OSError, ValueError, IndexError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _look(status: os.stat_result) -> list[int]:
    if stat.S_ISDIR(status.st_mode):
        return [0]
    return [status.st_size, status.st_mtime_ns, status.st_ino, status.st_mode]
