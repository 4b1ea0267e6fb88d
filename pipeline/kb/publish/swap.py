"""All or nothing: the next store and the next `curated/` are made ready aside, and take their places at once.

The next state lies in `.kb/next/`. When it is whole, `.kb/commit` names it; from then on it is carried through, by this
process or, after a crash, by the next that writes. Folders change places by one `renameat2` where the system has it, so
that a reader sees the old or the new `curated/`, never a part. Who only reads writes nothing, and is shown the store that
belongs to `curated/` as it stands. What was put in place is noted beside it (seal.py).
"""

import json
import os
import shutil
import signal
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from kb.aside import sync
from kb.errors import KbError, StoppedError
from kb.publish import seal
from kb.publish.seal import read_object
from kb.settings import Sql
from kb.workspace import MANIFEST, MATCH_INDEX, OF_THE_DAY, TABLES, Workspace

if TYPE_CHECKING:
    from kb.store import Store

_NEXT, _COMMIT, _LOCK, _WRITER, _SEAL, _LOOKS = "next", "commit", "lock", "writer", "seal", "looks"
_BESIDE = (_LOOKS, MATCH_INDEX, _SEAL)
"""What lies beside the store, and changes places with it."""

_ASIDE = "curated.old"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_FICLONE = 0x40049409


class BusyError(KbError):
    """Another process writes to the workspace."""


@contextmanager
def writer(workspace: Workspace) -> Iterator[Path]:
    """Be the one writer of a workspace; yields an empty folder for the next state.

    Raises:
        KbError: another process writes, the folder cannot be written, or in the place of `curated/` lies something else.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - what only reads does without

    scratch = workspace.scratch
    if is_of_tables(workspace):
        raise KbError(
            f"{workspace.root.name}: Spark filled this folder, and it is for reading; ingest into it with --engine spark"
        )
    if os.path.lexists(workspace.curated) and (workspace.curated.is_symlink() or not workspace.curated.is_dir()):
        what = "a link" if workspace.curated.is_symlink() else "no folder"
        raise KbError(f"{workspace.curated.name}: is {what}, so kb did not make it; move it away, then run `kb ingest`")
    try:
        scratch.mkdir(exist_ok=True)
        lock = FileLock(scratch / _LOCK, timeout=0)
        with lock:
            (scratch / _WRITER).write_text(str(os.getpid()), encoding="utf-8")
            _finish_earlier(workspace)
            folder = scratch / _NEXT
            _clear(folder)
            folder.mkdir()
            try:
                yield folder
            finally:
                if not (scratch / _COMMIT).exists():
                    _clear(folder)
                with suppress(OSError):
                    (scratch / _WRITER).unlink()
    except Timeout:
        raise BusyError(
            f"{workspace.root.name}: another kb{_writer(scratch)} is writing kb.duckdb and curated/ here; wait for it to"
            " end, or stop it"
        ) from None
    except OSError as error:
        raise KbError(f"{_cannot_write(error, workspace)}; nothing was published") from None


def _cannot_write(error: OSError, workspace: Workspace) -> str:
    return f"cannot write {error.filename2 or error.filename or workspace.root}: {error.strerror}"


def _writer(scratch: Path) -> str:
    """The process that holds the lock, as far as it is known."""
    try:
        return f" (process {int((scratch / _WRITER).read_text(encoding='utf-8'))})"
    except (OSError, ValueError):
        return ""


def _clear(folder: Path) -> None:
    """Take a folder away, whatever a person did to what lies in it."""

    def open_up(_: Callable[..., Any], name: str, __: object) -> None:
        for path in (Path(name), Path(name).parent):
            with suppress(OSError):
                path.chmod(stat.S_IRWXU, follow_symlinks=False)
        with suppress(OSError, NotImplementedError):
            shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink()

    shutil.rmtree(folder, onerror=open_up)


def clone(source: Path, target: Path) -> None:
    """Copy a file; where the file system can, only what is changed later takes time and room."""
    with suppress(ImportError, OSError), source.open("rb") as old, target.open("wb") as new:
        import fcntl  # noqa: PLC0415 - not on every system

        fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        return
    shutil.copyfile(source, target)


# ---- from one state to the next --------------------------------------------------------------------------------------


def commit(
    workspace: Workspace, token: str, notes: Mapping[str, Any] | None = None, digests: Mapping[str, str] | None = None
) -> None:
    """Put the next store and `curated/` in the places of the old ones; `token` is the digest in the new manifest.

    `notes` of the store are kept beside it, and the `digests` of the files of `curated/`.

    Raises:
        KbError: the disk refuses; the state is the old one then, or the message names it.
        StoppedError: a person stopped kb; all is in place.
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only where something is published

    scratch, folder = workspace.scratch, workspace.scratch / _NEXT
    with ThreadPoolExecutor(1) as beside:
        beside.submit(_sync_all)  # the disk writes what is large while its digest is taken
        seal.write_looks(folder / _LOOKS, folder / "curated", digests or {})
        index = seal.look(folder / MATCH_INDEX)
        noted = {**seal.of(folder / "kb.duckdb", folder / "curated"), "index": index, **(notes or {})}
    (folder / _SEAL).write_text(json.dumps(noted), encoding="utf-8")
    _sync_all()  # every file of the next state, before anything says that it is whole
    draft = scratch / f"{_COMMIT}.draft"
    draft.write_text(token, encoding="utf-8")
    sync(draft)
    try:
        with _undisturbed():
            draft.replace(scratch / _COMMIT)
            recover(workspace)
    except OSError as error:
        raise KbError(f"{_cannot_write(error, workspace)}; {_taken_back(workspace, token)}") from None
    except KeyboardInterrupt:
        raise StoppedError("what was made is published now, or by the next kb that runs here") from None


def _sync_all() -> None:
    if hasattr(os, "sync"):
        os.sync()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put off what would stop kb for the moments in which both stores change places."""
    received: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        received.append(number)

    before = {}
    with suppress(ValueError):  # in another thread than the first, where no signal comes
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if number := getattr(signal, name, None):
                before[number] = signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in received[:1]:
        signal.raise_signal(number)


def recover(workspace: Workspace) -> None:
    """Publish what is whole, as far as that is not done already; for the one writer, and after a crash for the next."""
    scratch, folder = workspace.scratch, workspace.scratch / _NEXT
    marker = scratch / _COMMIT
    if not marker.exists():
        return
    ready = folder / "curated"
    if manifest(ready).get("digest") == marker.read_text(encoding="utf-8"):
        exchange(ready, workspace.curated)
    store = folder / "kb.duckdb"
    if store.exists():
        store.replace(workspace.store)
        seal.log_of(workspace.store).unlink(missing_ok=True)  # of a store that is no more
        for name in _BESIDE:
            with suppress(FileNotFoundError):  # of another kb
                (scratch / name).unlink()
    for name in _BESIDE:
        if (folder / name).exists():
            (folder / name).replace(scratch / name)
    sync(workspace.root)
    marker.unlink()
    _clear(folder)


def _finish_earlier(workspace: Workspace) -> None:
    try:
        recover(workspace)
    except OSError as error:
        raise KbError(
            f"{_cannot_write(error, workspace)}; an earlier ingest was stopped while it published, and has to be carried"
            " through first: make that possible, and run this again; until then kb reads one whole state"
        ) from None


def _taken_back(workspace: Workspace, token: str) -> str:
    """Undo a commit that the disk refused; what state that leaves, in words."""
    scratch, folder = workspace.scratch, workspace.scratch / _NEXT
    aside = folder / _ASIDE
    try:
        if (folder / "kb.duckdb").exists():
            if os.path.lexists(aside) and not os.path.lexists(workspace.curated):
                aside.rename(workspace.curated)
            elif manifest(workspace.curated).get("digest") == token != manifest(folder / "curated").get("digest"):
                _exchange_back(folder / "curated", workspace.curated)
            if (scratch / _COMMIT).exists():
                (scratch / _COMMIT).unlink()
            return "nothing was published"
    except OSError:
        return "kb.duckdb is the old one still; the next `kb ingest` that can write here carries through what was made"
    return "all was published; the next `kb ingest` that can write here clears .kb/"


def exchange(new: Path, old: Path) -> None:
    """Let a folder take the place of another at once, where the system can; what was there lies where the new one was."""
    if not os.path.lexists(old):
        new.rename(old)
        return
    import ctypes  # noqa: PLC0415 - what only reads does without

    try:
        libc = ctypes.CDLL(None, use_errno=True)
        swapped = libc.renameat2(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(old), _RENAME_EXCHANGE) == 0
    except (AttributeError, OSError):
        swapped = False
    if not swapped:  # two renames: for their length there is no curated/; a crash between them is carried through
        aside = new.with_name(_ASIDE)
        if os.path.lexists(old):
            old.rename(aside)
        new.rename(old)


def _exchange_back(old: Path, new: Path) -> None:
    """Undo an exchange: `new` is in place, the other is where it was, or aside, or was never there."""
    aside = old.with_name(_ASIDE)
    if os.path.lexists(old):
        exchange(old, new)
        return
    new.rename(old)
    if os.path.lexists(aside):
        aside.rename(new)


# ---- the state as it stands ------------------------------------------------------------------------------------------


class Standing(NamedTuple):
    """The store that belongs to `curated/` as it stands, and what kb noted of it."""

    store: Path
    seal: Mapping[str, Any]

    @property
    def is_as_left(self) -> bool:
        """Whether this kb laid the store out and nobody changed it since, so that its tables need not be looked through."""
        return self.seal.get("layout") == seal.layout() and seal.holds(self.seal, self.store)

    @property
    def is_the_same(self) -> bool:
        """Whether this kb laid the store out, and it is to the last byte as it was left."""
        return self.seal.get("layout") == seal.layout() and seal.is_the_same(self.seal, self.store)

    @property
    def is_changed(self) -> bool:
        """Whether kb noted how it left the store, and it is not as that any more."""
        return "head" in self.seal and not seal.holds(self.seal, self.store)

    def check_own(self) -> None:
        """Make sure that an ingest may make the store anew: that it is a base, or what became of one.

        Raises:
            KbError: it is another program's, or may be, or another program has it open.
        """
        from kb import store  # noqa: PLC0415 - imports duckdb, which a record in a file does without

        is_same, is_as_large = seal.is_same_database(self.seal, self.store), seal.is_as_large(self.seal, self.store)
        store.check_own(self.store, is_same=is_same, is_as_large=is_as_large)


def standing(workspace: Workspace) -> Standing:
    """What there is to read. While a commit is carried through, or was stopped half-way, a part of it lies aside."""
    scratch, folder = workspace.scratch, workspace.scratch / _NEXT
    store, noted = workspace.store, scratch / _SEAL
    if _is_half_way(workspace):
        store, noted = (
            path if path.exists() else published
            for path, published in ((folder / store.name, store), (folder / _SEAL, noted))
        )
    return Standing(store, read_object(noted))


def _is_half_way(workspace: Workspace) -> bool:
    try:
        token = (workspace.scratch / _COMMIT).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return manifest(workspace.curated).get("digest") == token


@contextmanager
def reading(
    workspace: Workspace, *, files: bool = False, changed_too: bool = False, limits: Sql | None = None
) -> "Iterator[Store]":
    """The store that belongs to `curated/` as it stands, read-only.

    `changed_too` is for who looks for changes by others; `limits` hold for what is asked of the store.

    Raises:
        KbError: there is none, it cannot be read, its tables are not those of this kb, or it was changed since.
    """
    from kb import store  # noqa: PLC0415 - imports duckdb, which a record in a file does without

    with ExitStack() as stack:
        if is_of_tables(workspace):
            from kb.store import parquet_tables  # noqa: PLC0415 - likewise

            yield stack.enter_context(parquet_tables.read(workspace.root, files=files, limits=limits))
            return
        while True:
            before = turn(workspace)
            state = standing(workspace)
            try:
                if not changed_too:
                    _check_unchanged(state)
                base = stack.enter_context(
                    store.read(state.store, files=files, any_layout=state.is_as_left, limits=limits)
                )
            except KbError:
                if before != turn(workspace):  # a writer came between
                    continue
                raise
            break
        yield base


def is_of_tables(workspace: Workspace) -> bool:
    """Whether the base is a folder of tables, as Spark writes it."""
    return (workspace.root / TABLES / "records").is_dir() and not workspace.store.exists()


def _check_unchanged(state: Standing) -> None:
    if state.is_changed and state.store.is_file():
        state.check_own()
        raise KbError(f"{state.store.name}: {changed(state)} since kb left it; run `kb ingest` to make it anew")


class Copied(NamedTuple):
    """A copy of a store, if there was one, and whether that was changed since kb left it, or is as this kb left it."""

    path: Path | None
    is_changed: bool = False
    is_as_left: bool = False


def copied(workspace: Workspace, folder: Path) -> Copied:
    """A copy of the store in a folder.

    Raises:
        KbError: it cannot be read.
    """
    from kb import store  # noqa: PLC0415 - likewise

    while True:
        before = turn(workspace)
        state = standing(workspace)
        if not state.store.exists():
            return Copied(None)
        store.check_kind(state.store)
        with suppress(FileNotFoundError):  # a writer put it in its place meanwhile
            copy = Path(shutil.copyfile(state.store, folder / workspace.store.name))
            made = Copied(copy, state.is_changed, state.is_as_left)
            if before == turn(workspace):
                return made


def changed(state: Standing) -> str:
    """What became of a store that is not as it was left."""
    if seal.log_of(state.store).exists():
        return "was changed by another program (see kb.duckdb.wal)"
    return "was changed by another program (or damaged)"


def turn(workspace: Workspace) -> tuple[object, ...]:
    """What tells one state of the store from the next: it is another as soon as a writer put one in its place."""
    scratch = workspace.scratch
    return (
        (scratch / _COMMIT).exists(), *map(seal.look, (scratch / _SEAL, scratch / _NEXT / _SEAL, workspace.store)),
    )  # fmt: skip


def is_as_left(workspace: Workspace) -> bool:
    """Whether the store is as this kb left it."""
    return standing(workspace).is_as_left


def altered(workspace: Workspace) -> list[str]:
    """What of kb's own making below `curated/` is not as kb left it: by its looks, and where they differ by its digest."""
    return seal.altered(workspace.scratch / _LOOKS, workspace.curated)


def digests(workspace: Workspace) -> dict[str, str]:
    """The digests of the files of `curated/` as kb left them, in the order in which they were written."""
    return seal.digests(workspace.scratch / _LOOKS)


def differ_in_the_day(workspace: Workspace, now: Mapping[str, str]) -> bool:
    """Whether of the files of `curated/`, by their digests `now`, only those differ from how kb left them that the day decides."""

    def lasting(files: Mapping[str, str]) -> dict[str, str]:
        return {name: digest for name, digest in files.items() if not name.startswith(OF_THE_DAY)}

    return lasting(now) == lasting(digests(workspace))


def is_curated_as_left(workspace: Workspace) -> bool:
    """Whether every file below `curated/` looks as kb left it."""
    return seal.look_alike(workspace.scratch / _LOOKS, workspace.curated)


def is_index_as_left(workspace: Workspace) -> bool:
    """Whether the index of `kb match` looks as kb left it."""
    now = seal.look(workspace.scratch / MATCH_INDEX)
    return now is not None and now == read_object(workspace.scratch / _SEAL).get("index")


def are_records_as_left(workspace: Workspace) -> bool:
    """Whether `records.ndjson` looks as kb left it."""
    return seal.records_hold(read_object(workspace.scratch / _SEAL), workspace.curated)


def manifest(curated: Path) -> dict[str, Any]:
    """The manifest of `curated/`; empty where there is none, or none that can be read."""
    return read_object(curated / MANIFEST)
