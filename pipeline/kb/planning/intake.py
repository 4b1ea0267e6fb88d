"""Standard input as a file of raw/."""

import re
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kb import sources
from kb.errors import KbError, StoppedError
from kb.judging.given import suffix_of
from kb.publish import swap
from kb.sources import readers
from kb.workspace import Workspace

_HEAD = 1 << 20
_ENDS = (".ndjson", ".json")


@contextmanager
def receive(workspace: Workspace, stream: IO[bytes], name: str) -> Iterator[list[Path]]:
    """Keep what comes in on a stream as `raw/<name>.ndjson` or `.json`, so that curated/ depends on raw/ alone.

    A suffix that the name has already is left out. A file of that name, with either suffix, is replaced only if the base
    was made from it, for then nothing is lost that was not ingested. Where the body refuses the input, it is put back.
    Yields the file, and the one of the other suffix in whose place it is, both to be ingested.

    Raises:
        KbError: the name is no file name, the file is there and was never ingested, or the stream is empty.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*", name):
        raise KbError(f"--as {name}: name it with letters, digits, `.`, `_`, `-` and `/`")
    name = next((name.removesuffix(suffix) for suffix in readers.JSON.suffixes if name.endswith(suffix)), name)
    head = stream.read(_HEAD)
    suffix = suffix_of(head)
    target = workspace.raw / f"{name}{suffix}"
    known = _ingested(workspace)
    rivals = [
        path
        for path in (target.with_name(f"{target.name.removesuffix(suffix)}{end}") for end in _ENDS)
        if path.exists()
    ]
    for rival in rivals:
        if sources.name_of(rival, workspace) not in known:
            shown = rival.relative_to(workspace.root)
            raise KbError(
                f"{shown}: holds something that was never ingested; move it, or choose another name with --as"
            )
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    try:
        with draft.open("wb") as file:
            file.write(head)
            shutil.copyfileobj(stream, file, _HEAD)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    aside = {rival.replace(rival.with_name(f".{rival.name}.before")): rival for rival in rivals}
    draft.replace(target)
    try:
        yield [target, *(rival for rival in rivals if rival != target)]
    except StoppedError:
        raise
    except KbError as error:
        if aside:
            target.replace(draft)
            for before, rival in aside.items():
                before.replace(rival)
            kept = draft.relative_to(workspace.root)
            were = " and ".join(str(rival.relative_to(workspace.root)) for rival in rivals)
            error.args = (f"{error}; {were} is unchanged, and the input is kept in {kept}",)
        raise
    finally:
        for before in aside:
            before.unlink(missing_ok=True)


def _ingested(workspace: Workspace) -> Container[str]:
    """The names of the files that the base was made from."""
    if not workspace.store.exists():
        return ()
    with swap.reading(workspace) as base:
        return base.known_files()
