"""What an ingest that had nothing to do answered: asked the same of the same files, it answers so again, without the store.

The answer is kept in `.kb/unchanged`, under a digest of all that the long way looks at. tests/planning/test_unchanged.py
holds it against that way.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import orjson

import kb
from kb import __version__, sources
from kb.judging.request import Request
from kb.publish import seal, swap
from kb.results import IngestResult, StateComparison
from kb.settings import FILE, LAYOUTS
from kb.workspace import PAGE, Workspace

_NAME = "unchanged"


def question(workspace: Workspace, paths: Sequence[Path], request: Request) -> str | None:
    """A digest of all that an ingest looks at to find that it has nothing to do; None where a path is gone.

    It has to be asked before the long way looks: what is edited in the meantime is another question then. The rules
    themselves, which take longer to load than all of this, are known by the files that they are made of.

    Raises:
        KbError: a path is kb's own, or cannot be read; the long way says the same.
    """
    for path in paths:
        sources.check_found_again(path, workspace)
    if not all(path.exists() for path in paths):
        return None
    file = workspace.root / FILE
    looked_at = [
        __version__,
        repr(code_files()),
        repr(IngestResult._fields),
        repr(file.read_bytes() if file.is_file() else None),
        repr(workspace.rule_files()),
        repr(workspace.format_files()),
        repr([(name, hashlib.sha256(content).digest()) for name, content in workspace.ledger_files()]),
        repr((request.as_of, request.form, [str(path) for path in paths])),
        repr(orjson.dumps(swap.standing(workspace).seal, option=orjson.OPT_SORT_KEYS)),
        *(repr(sources.outline(path, workspace)) for path in paths),
    ]
    return hashlib.sha256("\n".join(looked_at).encode("utf-8", "surrogatepass")).hexdigest()


def code_files() -> list[tuple[str, int, int]]:
    """The files that kb is made of: each one's path, size and time, for who works on kb changes no version."""
    files, folders = list[tuple[str, int, int]](), [str(Path(kb.__file__).parent)]
    for folder in folders:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders += [entry.path] if entry.name != "__pycache__" else []
                    continue
                with suppress(OSError):  # a link that an editor lays for a lock leads nowhere
                    state = entry.stat()
                    files.append((entry.path, state.st_size, state.st_mtime_ns))
    return sorted(files)


def answer(workspace: Workspace, question: str | None) -> IngestResult | None:
    """What the same question was answered with, if the store and `curated/` are still as kb left them."""
    noted = seal.read_object(workspace.scratch / _NAME)
    if question is None or noted.get("question") != question:
        return None
    state = swap.standing(workspace)
    if not (state.store.exists() and state.is_the_same and is_laid_out(workspace)):
        return None
    values = noted["answer"]
    return IngestResult(
        **values
        | {
            "compared": StateComparison(**values["compared"]),
            "notes": tuple(values["notes"]),
            "restored": tuple(values["restored"]),
        }
    )


def remember(workspace: Workspace, question: str | None, result: IngestResult) -> None:
    """Keep the answer of an ingest that had nothing to do, and forget that of an earlier state after any other."""
    path = workspace.scratch / _NAME
    draft = path.with_name(f"{_NAME}.new")
    with suppress(OSError):  # it only saves time
        if question is None or not result.idle or result.compared is None:
            path.unlink(missing_ok=True)
            draft.unlink(missing_ok=True)
            return
        values = result._asdict() | {"compared": result.compared._asdict()}
        draft.write_bytes(json.dumps({"question": question, "answer": values}, default=dict).encode())
        draft.replace(path)


def is_laid_out(workspace: Workspace) -> bool:
    """Whether `curated/` and the index are as kb left them, with what the settings want, and without a page that they do not."""
    wanted = workspace.settings.export
    return (
        swap.is_curated_as_left(workspace)
        and swap.is_index_as_left(workspace)
        and (workspace.curated / LAYOUTS[wanted.records]).exists()
        and (workspace.curated / PAGE).exists() is wanted.html
    )
