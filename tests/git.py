"""Git as a program, for the specifications: under a name of its own, and untouched by what this machine has set."""

import os
import subprocess
from pathlib import Path

_SET = ("user.name=test", "user.email=test@example.org", "commit.gpgsign=false", "init.defaultBranch=main")


def git(folder: Path, *arguments: str, code: int = 0) -> str:
    """What git prints; it has to end with this exit code."""
    settings = [word for setting in _SET for word in ("-c", setting)]
    done = subprocess.run(
        ["git", *settings, *arguments],
        cwd=folder,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def commit(folder: Path, message: str = "state") -> None:
    """Commit all that git does not ignore."""
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", message)
