"""Terminal sessions in the docs: blocks of `$ kb …` lines, each with what it prints.

A line `…` stands for any lines. `python -m tests.sessions` writes the output of every command anew.
"""

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *(f"docs/{name}.md" for name in ("design", "living", "record", "trust", "workflow")),
)

_SETTINGS = re.compile(r"```toml\n(# kb\.toml\n.*?)```", re.DOTALL)
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


class Step(NamedTuple):
    """A command, and what the page says it prints."""

    command: str
    shown: str


def copy(folder: Path) -> Path:
    """A checkout as far as `kb` is concerned: raw/, curated/ and the settings."""
    for name in ("raw", "curated"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "kb.toml", folder)
    return folder


def prepare(folder: Path, text: str) -> Path:
    """A checkout for a page: with the settings of its blocks that begin with `# kb.toml`, and ingested but for its own ingest."""
    copy(folder)
    with (folder / "kb.toml").open("a", encoding="utf-8") as file:
        file.writelines(f"\n{block}" for block in _SETTINGS.findall(text))
    if "$ kb ingest" not in text:
        run("kb ingest raw/", folder)
    return folder


def steps(text: str) -> Iterator[Step]:
    """Every command of a page's sessions, in order."""
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield Step(command, shown.rstrip("\n"))


def run(command: str, folder: Path) -> str:
    """What a `kb` command prints, standard error after standard output."""
    program, *arguments = shlex.split(command)
    if program != "kb":
        raise ValueError(f"a session runs kb alone, not {program}")
    done = subprocess.run(
        [sys.executable, "-m", "kb", *arguments],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode > 2:
        raise RuntimeError(f"{command}: {done.stderr}")
    return (done.stdout + done.stderr).rstrip("\n")


def agrees(shown: str, printed: str) -> bool:
    """Whether a page shows what a command printed."""
    parts = [re.escape(part) for part in re.split(r"^…$", shown, flags=re.MULTILINE)]
    return re.fullmatch(".*".join(parts), printed, re.DOTALL) is not None


def renew(text: str, folder: Path) -> str:
    """A page with the output of its commands as it is now; what is cut short with `…` stays, if it still agrees."""

    def rewritten(block: re.Match[str]) -> str:
        lines = []
        for step in steps(block[0]):
            printed = run(step.command, folder)
            lines += [f"$ {step.command}", step.shown if agrees(step.shown, printed) else printed]
        return "```console\n" + "\n".join(lines) + "\n```"

    return _BLOCK.sub(rewritten, text)


def main() -> None:
    for name in PAGES:
        page = ROOT / name
        text = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as scratch:
            page.write_text(renew(text, prepare(Path(scratch), text)), encoding="utf-8")


if __name__ == "__main__":
    main()
