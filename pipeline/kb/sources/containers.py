"""Files as streams of bytes: plain, compressed, or the members of an archive, read in place."""

import hashlib
import importlib
import io
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from kb.analysis.credentials import masked_path
from kb.errors import KbError
from kb.settings import Bounds
from kb.sources import readers

RECORDS = readers.SUFFIXES
KINDS = f"{', '.join(RECORDS[:-1])} or {RECORDS[-1]}"
_LIMITS = Bounds()
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.zst")
_ZIP = (".zip",)


class Member(NamedTuple):
    """A stream of records: `name` is the file's, and for a member of an archive `archive!member`."""

    name: str
    stream: IO[bytes]


def is_read(name: str) -> bool:
    """Whether a file of that name holds records, plain, compressed or in an archive."""
    return readers.plain(name).endswith(RECORDS) or name.lower().endswith((*_TAR, *_ZIP))


PAGES_PASSED_OVER = "a page about the folder, and no record; name it, if it is one"

_ABOUT = "README|LICEN[CS]E|CHANGELOG|CONTRIBUTING|CODE_OF_CONDUCT|SECURITY"
_ABOUT_THE_FOLDER = re.compile(rf"(?:{_ABOUT})(?:[._-].*)?|(?i:{_ABOUT})\.[^-_]*|(?i:README)[._-].*", re.DOTALL)
"""A name such as `license-expired.md` in small letters may be that of a record."""


def is_about_the_folder(name: str) -> bool:
    """Whether a file of that name is a page about the files beside it, such as README.md or LICENSE-CODE.md."""
    base = name.rpartition("/")[2]
    return _ABOUT_THE_FOLDER.fullmatch(base) is not None and readers.of(base).name == "markdown"


def file_of(path: str) -> str:
    """The file of an origin's path: for a member of an archive, the archive."""
    head, mark, _ = path.partition("!")
    while mark and not head.lower().endswith((*_TAR, *_ZIP)):
        more, mark, _ = path[len(head) + 1 :].partition("!")
        head = f"{head}!{more}"
    return head


def some(names: Sequence[str]) -> str:
    """One name, or how many and the first three."""
    more = ", …" if len(names) > 3 else ""
    return names[0] if len(names) == 1 else f"{len(names)} files ({', '.join(names[:3])}{more})"


class Reading:
    """A file while it is read: its members, their records, what was passed over, and, once all is read, its digest.

    It is `alien` where none of its records looks like the format that they are said to have.
    """

    def __init__(self, name: str, path: Path, limits: Bounds = _LIMITS) -> None:
        self.name = name
        self._limits = limits
        self._budget = _Budget(limits.expanded_bytes)
        self.path = path
        self.digest = ""
        self.records = 0
        self.alien = False
        self.passed_over: list[str] = []
        self.pages: list[str] = []
        self.links: list[str] = []
        self.remarks: list[str] = []
        self._given: set[str] = set()

    @property
    def note(self) -> str | None:
        """What was passed over and what else there is to say, in words."""
        reasons = {
            f"no {KINDS} file": self.passed_over,
            PAGES_PASSED_OVER: self.pages,
            "a link, pipe or device, with no bytes": self.links,
        }
        passed_over = [f"passed over {some(names)}: {why}" for why, names in reasons.items() if names]
        return "; ".join([*passed_over, *self.remarks]) or None

    def members(self) -> Iterator[Member]:
        """The streams of the file, in order; each has to be read before the next is asked for.

        Raises:
            OSError, EOFError and the errors of the containers: see `faults`.
        """
        with self.path.open("rb") as file:
            hashed = _Hashing(file)
            self._budget = _Budget(self._limits.expanded(os.fstat(file.fileno()).st_size))
            name = self.name.lower()
            if name.endswith(_ZIP):
                yield from self._zip(file)
                file.seek(0)  # a zip is read from its end, so its digest is taken afterwards
            elif name.endswith(_TAR):
                with self._plain(name.replace(".tgz", ".tar.gz"), hashed) as stream:
                    yield from self._tar(stream)
            else:
                with self._plain(name, hashed) as stream:
                    yield Member(self.name, stream)
            while hashed.read(1 << 20):
                pass
            self.digest = hashed.digest

    def count_record(self) -> None:
        """Count one more record.

        Raises:
            BeyondError: that is more than the limits allow.
        """
        if self.records == self._limits.records:
            raise BeyondError(
                f"the file holds more records than the limit of {self.records:,} (`limits.records` in kb.toml), so its rest is"
                " not read; split it"
            )
        self._budget.spend_on_record()
        self.records += 1

    def leave(self) -> None:
        """Have done with a file of which the rest is not read."""
        with self.path.open("rb") as file:
            self.digest = hashlib.file_digest(file, "sha256").hexdigest()

    def _plain(self, name: str, stream: Any) -> AbstractContextManager[IO[bytes]]:  # noqa: ANN401 - as `_decompressed`
        return _decompressed(name, stream, self._budget)

    def _zip(self, file: IO[bytes]) -> Iterator[Member]:
        import zipfile  # noqa: PLC0415 - most files are no archives

        with zipfile.ZipFile(file) as archive:
            for info in sorted(archive.infolist(), key=lambda info: info.filename):
                if not info.is_dir() and self._wanted(info.filename):
                    with (
                        archive.open(info) as stream,
                        self._plain(info.filename, _Counting(stream, self._budget)) as plain,
                    ):
                        yield Member(self._once(info.filename), plain)

    def _tar(self, stream: IO[bytes]) -> Iterator[Member]:
        """The members of one tar behind the other, each hard link as a copy of what it links to."""
        import tarfile  # noqa: PLC0415 - most files are no archives

        links: dict[str, list[str]] = {}
        block = b""
        while True:
            with tarfile.open(fileobj=_Behind(block, stream), mode="r|", bufsize=tarfile.BLOCKSIZE) as archive:
                for info in archive:
                    if info.isdir() or not self._wanted(info.name):
                        continue
                    if info.islnk():
                        links.setdefault(_tidy(info.linkname), []).append(info.name)
                    elif not info.isfile():
                        self.links.append(self._member(info.name))
                    else:
                        with self._plain(info.name, archive.extractfile(info)) as plain:
                            yield Member(self._once(info.name), plain)
            block = _next_block(stream, tarfile.BLOCKSIZE)
            if not block:
                break
            if not _is_header(block):
                self.remarks.append(f"{self.name}: something that is no tar lies behind the end, and is not read")
                break
        if links:
            yield from self._linked(links)

    def _linked(self, links: dict[str, list[str]]) -> Iterator[Member]:
        """The members that are hard links, read where they lead to in the same file."""
        import tarfile  # noqa: PLC0415 - as above

        with (
            self.path.open("rb") as file,
            self._plain(self.name.lower().replace(".tgz", ".tar.gz"), file) as stream,
            tarfile.open(fileobj=stream, mode="r|", ignore_zeros=True) as archive,
        ):
            for info in archive:
                target = archive.extractfile(info) if info.isfile() and _tidy(info.name) in links else None
                if target is None:
                    continue
                with tempfile.NamedTemporaryFile() as copy:
                    shutil.copyfileobj(target, copy)
                    copy.flush()
                    for name in links.pop(_tidy(info.name)):
                        with (
                            Path(copy.name).open("rb") as again,
                            self._plain(name, _Counting(again, self._budget)) as plain,
                        ):
                            yield Member(self._once(name), plain)
        self.links += [self._member(name) for names in links.values() for name in names]

    def _wanted(self, member: str) -> bool:
        parts = PurePosixPath(member).parts
        if any((part.startswith(".") and part not in {".", ".."}) or part == "node_modules" for part in parts):
            return False
        if not readers.plain(member).endswith(RECORDS):
            self.passed_over.append(self._member(member))
            return False
        if is_about_the_folder(member):
            self.pages.append(self._member(member))
            return False
        return True

    def _once(self, member: str) -> str:
        """The name of a member; one that has a namesake before it gets a number, for each is read.

        Raises:
            BeyondError: there are more than the limit.
        """
        if len(self._given) == self._limits.members:
            raise BeyondError(
                f"the archive has more members than the limit of {self._limits.members:,} (`limits.members` in kb.toml);"
                " split it"
            )
        folder, slash, base = member.rpartition("/")
        stem, dot, suffix = base.partition(".")
        name, number = self._member(member), 1
        while name in self._given:
            number += 1
            name = self._member(f"{folder}{slash}{stem} ({number}){dot}{suffix}")
        self._given.add(name)
        return name

    def _member(self, member: str) -> str:
        name = member.removeprefix("./").encode("utf-8", errors="backslashreplace").decode()
        return masked_path(f"{self.name}!{name}")


def _tidy(member: str) -> str:
    return str(PurePosixPath(member))


def _next_block(stream: IO[bytes], size: int) -> bytes:
    """The first block that is not all zeros; nothing at the end of the stream."""
    while block := stream.read(size):
        if block.strip(b"\0"):
            return block
    return b""


def _is_header(block: bytes) -> bool:
    import tarfile  # noqa: PLC0415 - most files are no archives

    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


class _Behind(io.RawIOBase):
    """A stream in front of which some bytes are put back."""

    def __init__(self, head: bytes, stream: IO[bytes]) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        head, self._head = self._head, b""
        return head or self._stream.read(size)


@contextmanager
def faults(name: str) -> Iterator[None]:
    """Make one line of all that can be wrong with a file while it is read.

    Raises:
        KbError: the file cannot be read, or is not what its name says.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, _faults_of_containers()):
            raise KbError(
                f"{name}: broken, or not what its name says ({error}); repair or remove it, nothing was done"
            ) from None
        if isinstance(error, OSError):
            raise KbError(f"{name}: cannot be read: {error.strerror or error}") from None
        raise


def _faults_of_containers() -> tuple[type[Exception], ...]:
    import gzip  # noqa: PLC0415 - only where something failed
    import tarfile  # noqa: PLC0415 - likewise
    import zipfile  # noqa: PLC0415 - likewise

    return EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, RuntimeError


class BeyondError(Exception):
    """A file costs more than the limits allow, so its rest is not read; the text says what to do."""


_A_RECORD = 1 << 10


class _Budget:
    """How many bytes more what is compressed in one file may become."""

    def __init__(self, limit: int) -> None:
        self._limit = self._left = limit

    def spend_on_record(self) -> None:
        """Count a record of what is compressed: so many empty ones are as dear as one that says much."""
        if self._left < self._limit:
            self.spend(_A_RECORD)

    def spend(self, size: int) -> None:
        """Raises BeyondError where that is too much."""
        self._left -= size
        if self._left < 0:
            raise BeyondError(
                f"uncompressed, the file is larger than the limit of {self._limit:,} bytes (`limits.expansion` and"
                " `limits.expanded_bytes` in kb.toml), so its rest is not read; split it"
            )


class _Counting(io.RawIOBase):
    """Passes bytes on as long as the budget lasts."""

    def __init__(self, stream: Any, budget: _Budget) -> None:  # noqa: ANN401 - as `_decompressed`
        self._stream = stream
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._budget.spend(len(data))
        buffer[: len(data)] = data
        return len(data)


class _Hashing(io.RawIOBase):
    """Passes bytes on, and keeps their SHA-256."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        self._hash.update(data)
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def _decompressed(name: str, stream: Any, budget: _Budget) -> Iterator[IO[bytes]]:  # noqa: ANN401 - IO[bytes] or a RawIOBase
    name = name.lower()
    if name.endswith(".gz"):
        import gzip  # noqa: PLC0415 - most files are plain

        with gzip.GzipFile(fileobj=stream) as plain:
            yield io.BufferedReader(_Counting(plain, budget), 1 << 20)
    elif name.endswith(".zst"):
        module = zstd()
        try:
            with module.ZstdFile(stream) as plain:
                yield io.BufferedReader(_Counting(plain, budget), 1 << 20)
        except module.ZstdError as error:
            raise EOFError(str(error)) from None
    else:
        yield io.BufferedReader(stream, 1 << 20)


def zstd() -> Any:  # noqa: ANN401 - a module that not every Python has
    """The module for .zst, rarely needed: of the standard library, else the same from elsewhere."""
    try:
        return importlib.import_module("compression.zstd")
    except ImportError:
        return importlib.import_module("backports.zstd")
