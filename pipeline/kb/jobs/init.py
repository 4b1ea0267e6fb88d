"""`kb init`: a new workspace."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from kb import aside, settings, workspace
from kb.errors import KbError

_IGNORED = ("kb.duckdb", "kb.duckdb.wal", ".kb/", "base.html", "curated/reports/", "curated/manifest.json")

_ATTRIBUTES = ("raw/** -text", "curated/** -text", "curated/*.ndjson merge=union", "dvc.lock -merge")
"""Git leaves line ends alone, of which digests are taken; joins the lines of two branches, which the next ingest puts in
order; and writes no marks of a conflict into what `dvc repro` writes anew."""


class Made(NamedTuple):
    """What a new workspace got, what was there already, and the workspace that it lies in, if it lies in one."""

    made: list[str]
    kept: list[str]
    within: Path | None = None


def init(folder: Path) -> Made:
    """Make a folder a workspace: kb.toml, raw/, dvc.yaml, .gitignore and .gitattributes; what is there already stays.

    Raises:
        KbError: it cannot be written.
    """
    made: list[str] = []
    kept: list[str] = []
    try:
        (folder / "raw").mkdir(parents=True, exist_ok=True)
        for name, text in (
            (settings.FILE, settings.template()),
            ("raw/.gitkeep", ""),
            ("dvc.yaml", resources.files("kb").joinpath("dvc.yaml.template").read_text(encoding="utf-8")),
        ):
            path = folder / name
            if path.exists():
                kept.append(name)
            elif name != "raw/.gitkeep" or not any(path.parent.iterdir()):
                _put(path, text)
                made.append(name)
        for name, lines in ((".gitignore", _IGNORED), (".gitattributes", _ATTRIBUTES)):
            (made if _complete(folder / name, lines) else kept).append(name)
    except OSError as error:
        raise KbError(f"{error.filename}: cannot be written: {error.strerror}") from None
    within = next((above for above in workspace.real(folder).parents if (above / settings.FILE).is_file()), None)
    return Made(made, kept, within)


def _complete(path: Path, lines: Sequence[str]) -> bool:
    """Whether lines had to be added to a file that says something to git."""
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
