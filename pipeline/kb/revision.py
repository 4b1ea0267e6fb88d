"""The files of a revision, as git keeps them: the one place where kb runs another program.

It asks git for names and bytes of blobs, and for nothing that git would run a program for: no hook, pager, filter or monitor,
and nothing fetched that is missing here. So what the settings of a stranger's repository name is not run.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kb.errors import KbError

_NOTHING_RUN = ("--no-pager", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")

_NOTHING_FETCHED = {
    "GIT_ALLOW_PROTOCOL": "none",  # no transport has that name
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def commit_of(folder: Path, name: str) -> str | None:
    """The id of the commit that a revision of the repository around a folder names; None: HEAD, before the first commit.

    Raises:
        KbError: there is no git, no repository, or no such revision.
    """
    inside = _git(folder, ["rev-parse", "--is-inside-work-tree"])
    if inside.returncode:
        raise KbError(_refusal(folder, inside.stderr))
    parsed = _git(folder, ["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]) if name[:1] != "-" else None
    if name == "HEAD" and parsed is not None and parsed.returncode:
        return None
    if parsed is None or parsed.returncode:
        raise KbError(f"{name}: git knows no such revision")
    return parsed.stdout.decode().strip()


def blobs(folder: Path, commit: str | None, names: Sequence[str]) -> dict[str, str]:
    """The files below some names, which are relative to the folder, each with the id of its blob; without a commit, none."""
    if commit is None:
        return {}
    listed = _git(folder, ["ls-tree", "-r", "-z", commit, "--", *names])
    if listed.returncode:
        raise KbError(_refusal(folder, listed.stderr))
    ids = {}
    for entry in filter(None, listed.stdout.split(b"\0")):
        details, _, name = entry.partition(b"\t")
        _, kind, blob = details.decode().split(" ")
        if kind == "blob":
            ids[os.fsdecode(name)] = blob
    return ids


def contents(folder: Path, wanted: Iterable[str]) -> Iterator[bytes]:
    """The bytes of some blobs, in order.

    Raises:
        KbError: one is not here, as in a partial clone.
    """
    ids = list(wanted)
    answer = _git(folder, ["cat-file", "--batch"], "".join(f"{blob}\n" for blob in ids).encode()).stdout
    at = 0
    for blob in ids:
        end = answer.find(b"\n", at)
        size = answer[at:end].rpartition(b" ")[2]
        if end < 0 or not size.isdigit():
            raise KbError(f"git does not have the bytes of {blob[:12]} here; fetch them, for kb opens no connection")
        yield answer[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)


def blob_id(data: bytes, like: str) -> str:
    """The id that git gives these bytes, in a repository with ids like this one."""
    digest = hashlib.sha256() if len(like) == 64 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % len(data) + data)
    return digest.hexdigest()


def _git(folder: Path, arguments: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("git")
    if program is None:
        raise KbError("git is not on the PATH, and the earlier records come from it; install it")
    return subprocess.run(  # noqa: S603 - a list of words, and no shell
        [program, *_NOTHING_RUN, *arguments],
        cwd=folder,
        env={**os.environ, **_NOTHING_FETCHED},
        input=given,
        capture_output=True,
        check=False,
    )


def _refusal(folder: Path, errors: bytes) -> str:
    first = errors.decode(errors="replace").strip().partition("\n")[0]
    if "not a git repository" in first:
        return f"{folder}: not a git repository, so there is nothing earlier to compare with"
    return f"git: {first}"


def user(folder: Path) -> str | None:
    """Who commits in a folder, as git has it: the name, and the address in angle brackets; None where git does not say."""
    try:
        name, address = (_git(folder, ["config", "--get", f"user.{key}"]).stdout for key in ("name", "email"))
    except KbError:
        return None
    said = [part.decode(errors="replace").strip() for part in (name, address)]
    return f"{said[0]} <{said[1]}>" if all(said) else said[0] or None
