"""Git is asked for bytes, and whatever the settings of a repository name is not run."""

import hashlib
from pathlib import Path

import pytest

from kb import revision
from kb.errors import KbError
from tests.git import commit, git

FILES = {"curated/a.json": b"{}", "curated/deep/ü ñ.json": b"\x00\xff\n", "curated/empty": b""}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def read(folder: Path) -> dict[str, bytes]:
    blobs = revision.blobs(folder, revision.commit_of(folder, "HEAD"), ["curated"])
    return dict(zip(blobs, revision.contents(folder, blobs.values()), strict=True))


def test_every_file_is_read_byte_for_byte(repository: Path) -> None:
    assert read(repository) == FILES


def test_ids_are_those_of_git(repository: Path) -> None:
    blobs = revision.blobs(repository, revision.commit_of(repository, "HEAD"), ["curated"])
    assert {name: revision.blob_id(FILES[name], like) for name, like in blobs.items()} == blobs
    assert revision.blob_id(b"", "0" * 64) == hashlib.sha256(b"blob 0\0").hexdigest()


def test_links_and_submodules_are_no_files(repository: Path) -> None:
    assert revision.blobs(repository, revision.commit_of(repository, "HEAD"), ["nowhere"]) == {}


def trap(folder: Path) -> tuple[Path, Path]:
    """A program, and the file that it leaves when it is run."""
    left, program = folder / "left", folder / "trap"
    program.write_text(f'#!/bin/sh\ntouch "{left}"\nexit 1\n')
    program.chmod(0o755)
    return program, left


def test_nothing_that_a_repository_names_is_run(repository: Path, tmp_path: Path) -> None:
    program, left = trap(tmp_path)
    for setting in (
        "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "diff.external",
        "diff.x.textconv", "diff.x.command", "filter.x.smudge", "filter.x.clean", "filter.x.process", "gpg.program",
        "alias.cat-file", "alias.ls-tree", "alias.rev-parse", "credential.helper", "pager.cat-file",
    ):  # fmt: skip
        git(repository, "config", setting, f"!{program}" if setting.startswith("alias") else str(program))
    git(repository, "config", "core.hooksPath", str(tmp_path))
    (repository / ".gitattributes").write_text("* diff=x filter=x\n")
    for name in ("post-index-change", "reference-transaction", "post-checkout"):
        (tmp_path / name).symlink_to(program)
    assert read(repository) == FILES
    assert not left.exists()


def test_what_is_missing_is_not_fetched(repository: Path, tmp_path: Path) -> None:
    """A partial clone asks its remote for blobs by a program that its settings name."""
    program, left = trap(tmp_path)
    blob = git(repository, "rev-parse", "HEAD:curated/a.json").strip()
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    git(repository, "config", "core.repositoryFormatVersion", "1")
    git(repository, "config", "extensions.partialClone", "far")
    git(repository, "config", "remote.far.url", str(tmp_path / "repository"))
    git(repository, "config", "remote.far.promisor", "true")
    git(repository, "config", "remote.far.uploadpack", str(program))
    git(repository, "cat-file", "-p", blob, code=128)
    assert left.exists(), "git itself runs it"
    left.unlink()
    with pytest.raises(KbError, match=f"git does not have the bytes of {blob[:12]} here"):
        read(repository)
    assert not left.exists()


@pytest.mark.parametrize("guard", ["GIT_ALLOW_PROTOCOL", "GIT_NO_LAZY_FETCH"])
def test_either_of_two_guards_would_do(repository: Path, monkeypatch: pytest.MonkeyPatch, guard: str) -> None:
    """The older gits know the first alone."""
    one = {key: value for key, value in revision._NOTHING_FETCHED.items() if key == guard}  # noqa: SLF001 - each by itself
    monkeypatch.setattr(revision, "_NOTHING_FETCHED", one)
    test_what_is_missing_is_not_fetched(repository, repository.parent)
