"""`kb diff`: what changed in the curated records since a revision of git."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from kb import revision
from kb.errors import KbError
from kb.model import Document, Json, Severity
from kb.pointer import escape
from kb.results import NAMED_BY, RecordEdit, RecordsCompared
from kb.settings import LAYOUTS
from kb.workspace import Workspace

_OMITTED = frozenset({"/schema_version", "/curation/digest"})
"""What kb writes into a record, and what means nothing by itself."""


def diff(workspace: Workspace, name: str = "HEAD") -> RecordsCompared:
    """Compare the records in `curated/` with those that a revision has there; before the first commit, every one is added.

    Raises:
        KbError: there is no repository or revision, it has no `curated/`, or a file there is no record.
    """
    commit = revision.commit_of(workspace.root, name)
    then, now = _differing(workspace, name, commit)
    changed = {key: tuple(edits(then[key], now[key])) for key in sorted(then.keys() & now.keys())}
    gone = sorted(then.keys() - now.keys())
    return RecordsCompared(
        name,
        commit,
        tuple(sorted(now.keys() - then.keys())),
        _reasons(workspace.curated, gone),
        {key: changes for key, changes in changed.items() if changes},
        _tombstones(workspace.curated, gone),
    )


# ---- the records, then and now ---------------------------------------------------------------------------------------


def _differing(workspace: Workspace, name: str, commit: str | None) -> tuple[dict[str, Document], dict[str, Document]]:
    """By id, the records of all files that are not the same, byte for byte."""
    folders = [f"{workspace.curated.name}/{layout}" for layout in LAYOUTS.values()]
    blobs = revision.blobs(workspace.root, commit, folders)
    if not blobs and commit is not None:
        raise KbError(f"{name}: has no {workspace.curated.name}/ with records; commit it, or name another revision")
    files = {path.relative_to(workspace.root).as_posix(): path for path in _files(workspace)}
    if not files:
        raise KbError(f"{workspace.curated.name}/: has no records now; run `kb ingest`")
    now: dict[str, Document] = {}
    for file, path in files.items():
        data = path.read_bytes()
        if file in blobs and revision.blob_id(data, blobs[file]) == blobs[file]:
            del blobs[file]
        else:
            now |= _records(file, data)
    then: dict[str, Document] = {}
    for file, data in zip(blobs, revision.contents(workspace.root, blobs.values()), strict=True):
        then |= _records(f"{name}:{file}", data)
    return then, now


def _files(workspace: Workspace) -> Iterator[Path]:
    in_one = workspace.curated / LAYOUTS["ndjson"]
    if in_one.is_file():
        yield in_one
    yield from sorted(path for path in (workspace.curated / LAYOUTS["files"]).rglob("*.json") if path.is_file())


def _records(file: str, data: bytes) -> Iterator[tuple[str, Document]]:
    """The documents of a file, by id."""
    for line in data.splitlines() if file.endswith(".ndjson") else [data]:
        try:
            document = orjson.loads(line)
            yield str(document["id"]), document
        except (ValueError, KeyError, TypeError):
            raise KbError(f"{file}: holds what is no curated record; `kb ingest` writes curated/ anew") from None


def _tombstones(curated: Path, gone: Sequence[str]) -> dict[str, Document]:
    """What is left of those of some records that the ledger took out: status, reason and successor."""
    folder = curated / "withdrawn"
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.json")} if gone else {}
    stones: dict[str, Document] = {}
    for name in gone:
        if f"{name}.json" in files:
            try:
                stones[name] = _tombstone(files[f"{name}.json"].read_bytes())
            except (ValueError, KeyError, TypeError):
                raise KbError(
                    f"{curated.name}/withdrawn/{name}.json: is no tombstone; `kb ingest` writes it anew"
                ) from None
    return stones


def _tombstone(data: bytes) -> Document:
    whole = orjson.loads(data)
    stone: Document = {key: whole[key] for key in ("status", "reason", "successor")}
    if stone["status"] not in {"withdrawn", "merged"} or not all(
        isinstance(text, str | None) for text in stone.values()
    ):
        raise ValueError("no tombstone")
    return stone


def _reasons(curated: Path, gone: Sequence[str]) -> dict[str, list[Document]]:
    """Why the records of some ids are rejected now; of one that is simply gone, nothing."""
    why: dict[str, list[Document]] = {name: [] for name in gone}
    path = curated / "quarantine.ndjson"
    if gone and path.is_file():
        with path.open("rb") as lines:
            for line in lines:
                try:
                    rejected = orjson.loads(line)
                    if rejected["record"] in why:
                        errors = [f for f in rejected["findings"] if f["severity"] == Severity.ERROR]
                        why[rejected["record"]] += [{k: f[k] for k in ("code", "pointer", "message")} for f in errors]
                except (ValueError, KeyError, TypeError):
                    raise KbError(
                        f"{curated.name}/{path.name}: has a broken line; `kb ingest` writes it anew"
                    ) from None
    return why


# ---- one record ------------------------------------------------------------------------------------------------------


def edits(before: Document, after: Document) -> Iterator[RecordEdit]:
    """What has to be done to a record to make it another, in the order of its keys."""
    yield from _in_object(before, after, "", None)


def _in_object(
    before: Mapping[str, Json], after: Mapping[str, Json], at: str, entry: str | None
) -> Iterator[RecordEdit]:
    for key in dict.fromkeys([*after, *before]):
        pointer = f"{at}/{escape(key)}"
        if pointer not in _OMITTED:
            yield from _in_value(before.get(key), after.get(key), pointer, entry)


def _in_value(before: Json, after: Json, at: str, entry: str | None) -> Iterator[RecordEdit]:
    if before == after and type(before) is type(after):
        return
    if isinstance(before, dict | None) and isinstance(after, dict | None) and (before or after):
        yield from _in_object(before or {}, after or {}, at, entry)
    elif isinstance(before, list | None) and isinstance(after, list | None):
        yield from _in_list(before or [], after or [], at, entry)
    else:
        yield RecordEdit("changed", at, entry, before, after)


def _in_list(before: Sequence[Json], after: Sequence[Json], at: str, entry: str | None) -> Iterator[RecordEdit]:
    """Entries are the same by what names them; of the others, those at the same place in both."""
    pairs = _paired(before, after)
    for i in sorted(set(range(len(before))) - {i for i, _ in pairs}):
        yield RecordEdit("removed", f"{at}/{i}", entry, before[i], None)
    for i, j in pairs:
        old, new = before[i], after[j]
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _in_object(old, new, f"{at}/{j}", _name(new))
    for j in sorted(set(range(len(after))) - {j for _, j in pairs}):
        yield RecordEdit("added", f"{at}/{j}", entry, None, after[j])
    if any(j > k for (_, j), (_, k) in pairwise(pairs)):
        yield RecordEdit("reordered", at, entry, None, None)


def _paired(before: Sequence[Json], after: Sequence[Json]) -> list[tuple[int, int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for i, value in enumerate(before):
        places[_name(value)].append(i)
    pairs = [(places[_name(value)].pop(0), j) for j, value in enumerate(after) if places[_name(value)]]
    left, new = set(range(len(before))) - {i for i, _ in pairs}, set(range(len(after))) - {j for _, j in pairs}
    rewritten = [(i, i) for i in left & new if isinstance(before[i], dict) and isinstance(after[i], dict)]
    return sorted([*pairs, *rewritten])


def _name(value: Json) -> str:
    """What an entry of a list is called: by a key of its own, else its content."""
    if isinstance(value, dict):
        named: list[Any] = [value[key] for key in NAMED_BY if value.get(key)]
        if named:
            return " ".join([str(named[0]), *([str(value["pointer"])] if "pointer" in value else [])])
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
