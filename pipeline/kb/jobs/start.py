"""`kb init --from`: a new workspace around records that are there already, in whatever form they are."""

import shutil
from collections.abc import Container, Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from kb import aside, sources, workspace
from kb.analysis.credentials import is_masked
from kb.errors import KbError
from kb.jobs import guess
from kb.jobs.init import Made, init
from kb.settings import Settings
from kb.sources import readers
from kb.sources.formats.mapping_file import format_of
from kb.workspace import Workspace, real


class Started(NamedTuple):
    """What `kb init` made; which paths hold the records now, and which of them are copies; the mapping, if one is needed.

    `known` is the format that the records are known to have.
    """

    made: Made
    paths: list[str]
    copied: list[str]
    mapping: str | None
    known: str | None
    notes: tuple[str, ...]


def start(
    folder: Path, paths: Sequence[Path], *, example: bool = False, pre_commit: bool = False, github: bool = False
) -> Started:
    """Make a folder a workspace, copy records into its raw/ but for those that lie in the folder, and guess their mapping.

    No file is replaced.

    Raises:
        KbError: there is nothing to guess from, which is known before anything is made; or a file cannot be written.
    """
    if folder.is_file():
        raise KbError(f"{folder}: is a file, and FOLDER is where the workspace goes; repeat --from for each file")
    before = Workspace(real(folder), Settings(), configured=False)
    known = guess.known_as(before, paths)
    domain = guess.domain_of(before, paths)
    if known is None:
        guess.guess(before, paths)
    copies = [copy for path in paths if not real(path).is_relative_to(before.root) for copy in _copies(path, before)]
    made = init(folder, example=example, pre_commit=pre_commit, github=github)
    for source, target in copies:
        _copy(source, target)
    base = workspace.find(folder)
    there = [path if real(path).is_relative_to(before.root) else base.raw / real(path).name for path in paths]
    copied = [target.relative_to(base.root).as_posix() for _, target in copies]
    names = [sources.name_of(path, base) for path in there]
    if known is not None:
        return Started(made, names, copied, None, known, ())
    kinds = {readers.of(file.name).name for path in there for file in sources.discover(path, base).files}
    wanted = guess.name_for(domain)
    name = next(one for one in chain([wanted], (f"{wanted}-{i}" for i in count(2))) if _may_be(one, kinds, base))
    mapping = _mapping(name)
    if (base.root / mapping).exists():
        return Started(made, names, copied, None, name, (f"{mapping} was there already",))
    guessed = guess.guess(base, there, name, domain=domain)
    aside.put(base.root / mapping, guessed.text.encode(), str(base.root / mapping))
    return Started(made, names, copied, mapping, None, guessed.notes)


def _mapping(name: str) -> str:
    return f"formats/{name}.toml"


def _may_be(name: str, kinds: Container[str], base: Workspace) -> bool:
    """Whether a mapping may have a name: nobody has it yet, or a mapping of such files, that of an earlier start."""
    text = base.format_files().get(_mapping(name))
    if text is None:
        return True
    try:
        return any(kind in kinds for kind in format_of(name, _mapping(name), text).reads)
    except KbError:
        return True


def _copies(path: Path, base: Workspace) -> Iterator[tuple[Path, Path]]:
    """Every file to be copied, with where it goes."""
    for file in sources.discover(path, base).files:
        if is_masked(file.name):
            raise KbError(
                f"{file.name}: the path holds a credential; revoke it where it was issued, and rename the path"
            )
        below = Path(file.path).relative_to(path) if path.is_dir() else Path()
        target = base.raw / real(path).name / below
        if target.exists() and target.read_bytes() != Path(file.path).read_bytes():
            raise KbError(f"{target}: is there already, and is not {file.path}; rename one of them")
        if not target.exists():
            yield Path(file.path), target


def _copy(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as read, aside.written(target) as written:
            shutil.copyfileobj(read, written)
    except OSError as error:
        raise KbError(f"{target}: cannot be written: {error.strerror}") from None
