"""`kb init`: a new workspace."""

from importlib import resources
from pathlib import Path

from pipeline import workspace
from pipeline.model import KbError

_IGNORED = ("kb.duckdb", "kb.duckdb.wal", ".kb/")


def init(folder: Path) -> list[str]:
    """Make a folder a workspace: kb.toml, raw/, .gitignore, dvc.yaml; what is there already stays.

    Returns:
        What was made.

    Raises:
        KbError: it is one already, or cannot be written.
    """
    config = folder / workspace.FILE
    if config.exists():
        raise KbError(f"{config}: is there already, so this is a workspace; edit it instead")
    made = []
    try:
        (folder / "raw").mkdir(parents=True, exist_ok=True)
        for name, text in (
            (workspace.FILE, workspace.template()),
            ("raw/.gitkeep", ""),
            ("dvc.yaml", resources.files("pipeline").joinpath("dvc.yaml.template").read_text(encoding="utf-8")),
        ):
            if not (folder / name).exists():
                (folder / name).write_text(text, encoding="utf-8")
                made.append(name)
        made += _ignore(folder / ".gitignore")
    except OSError as error:
        raise KbError(f"{error.filename}: cannot be written: {error.strerror}") from None
    return made


def _ignore(path: Path) -> list[str]:
    present = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [line for line in _IGNORED if line not in present.splitlines()]
    if not missing:
        return []
    gap = "" if not present or present.endswith("\n") else "\n"
    path.write_text(f"{present}{gap}{chr(10).join(missing)}\n", encoding="utf-8")
    return [path.name]
