"""`kb init`: a new workspace."""

from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from kb import __version__, aside, settings, workspace
from kb.errors import KbError
from kb.jobs import new

REPOSITORY = "https://github.com/kb-curation/kb"
"""Where kb comes from; [project.urls] says the same."""

_OF_KB = ("kb.duckdb", "kb.duckdb.wal", ".kb/", "base.html", "curated/reports/", "curated/manifest.json")
_OF_DVC = ("/.dvc/tmp", "/.dvc/cache", ".dvc/config.local", "/dvc_plots/")
_IGNORED = (*_OF_KB, *_OF_DVC)

_ATTRIBUTES = ("raw/** -text", "curated/** -text", "curated/*.ndjson merge=union", "dvc.lock -merge")
"""Git leaves line ends alone, of which digests are taken; joins the lines of two branches, which the next ingest puts in
order; and writes no marks of a conflict into what `dvc repro` writes anew."""


class Made(NamedTuple):
    """What a new workspace got, what was there already, and the workspace that it lies in, if it lies in one."""

    made: list[str]
    kept: list[str]
    within: Path | None = None


def init(folder: Path, *, example: bool = False, pre_commit: bool = False, github: bool = False) -> Made:
    """Make a folder a workspace: kb.toml, raw/, dvc.yaml, .gitignore, .gitattributes, and what is asked for besides.

    No file is replaced.

    Raises:
        KbError: it cannot be written, or git and GitHub would not read it there.
    """
    if pre_commit or github:
        _refuse_below_the_top(folder)
    made: list[str] = []
    kept: list[str] = []
    try:
        (folder / "raw").mkdir(parents=True, exist_ok=True)
        for name, text in _files(example=example, pre_commit=pre_commit, github=github):
            path = folder / name
            if path.exists():
                kept.append(name)
            elif name != "raw/.gitkeep" or not any(path.parent.iterdir()):
                path.parent.mkdir(parents=True, exist_ok=True)
                _put(path, text)
                made.append(name)
        for name, lines in ((".gitignore", _IGNORED), (".gitattributes", _ATTRIBUTES)):
            (made if _complete(folder / name, lines) else kept).append(name)
    except OSError as error:
        raise KbError(f"{error.filename}: cannot be written: {error.strerror}") from None
    within = next((above for above in workspace.real(folder).parents if (above / settings.FILE).is_file()), None)
    return Made(made, kept, within)


def _files(*, example: bool, pre_commit: bool, github: bool) -> Iterator[tuple[str, str]]:
    """The files of a new workspace, each with its text."""
    yield settings.FILE, settings.template()
    if example:
        document = new.example("git")
        yield f"raw/{document['id']}.json", new.text(document)
    yield "raw/.gitkeep", ""
    yield "dvc.yaml", _template("dvc.yaml")
    if pre_commit:
        yield ".pre-commit-config.yaml", _filled("pre-commit-config.yaml")
    if github:
        yield ".github/workflows/kb.yml", _filled("workflow.yml")


def _template(name: str) -> str:
    return resources.files("kb").joinpath(f"{name}.template").read_text(encoding="utf-8")


def _filled(name: str) -> str:
    """A template that names this kb: its repository and its version."""
    return _template(name).replace("{repository}", REPOSITORY).replace("{version}", __version__)


def _refuse_below_the_top(folder: Path) -> None:
    """Git runs hooks at the top of a repository, and GitHub reads workflows there: below it both would be silent."""
    if (folder / ".git").exists():
        return
    top = next((above for above in workspace.real(folder).parents if (above / ".git").exists()), None)
    if top is not None:
        raise KbError(
            f"{folder}: lies below the top of the repository {top}, where hooks and workflows are read;"
            " run `kb init` without --pre-commit and --github, and write them there as docs/ci.md says"
        )


def _complete(path: Path, lines: Sequence[str]) -> bool:
    """Whether lines had to be added to a file that git reads."""
    present = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
    missing = [line for line in lines if line not in present.splitlines()]
    if not missing:
        return False
    gap = "" if not present or present.endswith("\n") else "\n"
    _put(path, f"{present}{gap}{chr(10).join(missing)}\n")
    return True


def _put(path: Path, text: str) -> None:
    with aside.written(path) as file:
        file.write(text.encode(errors="surrogateescape"))
