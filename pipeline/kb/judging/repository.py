"""Paths as the host of a repository knows them, whichever of its folders kb runs in."""

import os
from collections.abc import Mapping
from pathlib import Path

from kb.results import Located, ValidateResult
from kb.workspace import real

_CHECKED_OUT = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


def from_top(result: ValidateResult, here: Path, environment: Mapping[str, str] = os.environ) -> ValidateResult:
    """A result whose paths, which are relative to `here`, are relative to the top of the repository."""
    top = _top(real(here), environment)

    def moved(finding: Located) -> Located:
        if finding.path.startswith("<"):
            return finding
        return finding._replace(path=os.path.relpath(real(here) / finding.path, top).replace(os.sep, "/"))

    return result._replace(findings=tuple(map(moved, result.findings)), suppressed=tuple(map(moved, result.suppressed)))


def _top(here: Path, environment: Mapping[str, str]) -> Path:
    """Where the host checked it out, else the nearest folder upwards that git knows, else the folder itself."""
    named = [real(Path(environment[name])) for name in _CHECKED_OUT if environment.get(name)]
    above = [folder for folder in (here, *here.parents) if (folder / ".git").exists()]
    return next((folder for folder in (*named, *above) if here.is_relative_to(folder)), here)
