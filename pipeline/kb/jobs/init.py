"""`kb init`: a new workspace."""

from importlib import resources
from pathlib import Path
from typing import NamedTuple

from kb import aside, settings, workspace
from kb.errors import KbError

_IGNORED = ("kb.duckdb", "kb.duckdb.wal", ".kb/", "base.html")


class Made(NamedTuple):
    """What a new workspace got, what was there already, and the workspace that it lies in, if it lies in one."""

    made: list[str]
    kept: list[str]
    within: Path | None = None


def init(folder: Path) -> Made:
    """Make a folder a workspace: kb.toml, raw/, .gitignore, dvc.yaml; what is there already stays.

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
        (made if _ignore(folder / ".gitignore") else kept).append(".gitignore")
    except OSError as error:
        raise KbError(f"{error.filename}: cannot be written: {error.strerror}") from None
    within = next((above for above in workspace.real(folder).parents if (above / settings.FILE).is_file()), None)
    return Made(made, kept, within)


def _ignore(path: Path) -> bool:
    """Whether git had to be told to ignore what kb can make anew."""
    present = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
    missing = [line for line in _IGNORED if line not in present.splitlines()]
    if not missing:
        return False
    gap = "" if not present or present.endswith("\n") else "\n"
    _put(path, f"{present}{gap}{chr(10).join(missing)}\n")
    return True


def _put(path: Path, text: str) -> None:
    with aside.written(path) as file:
        file.write(text.encode(errors="surrogateescape"))
