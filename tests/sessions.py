"""Terminal sessions in the docs: blocks of `$ kb …` lines, each with what it prints.

A line `…` stands for any lines. A block with a title is a file of that name, or, as a diff, an edit of it; Python goes to
the end of a file that is there. A page is followed from its beginning to its end. `python -m tests.sessions` writes the
output of every command anew.
"""

import atexit
import difflib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.terminal import Outcome, kb

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *(
        f"docs/{name}.md"
        for name in ("design", "formats", "living", "match", "record", "trust", "tutorial", "workflow")
    ),
)

_SETTINGS = re.compile(r"```toml\n(# kb\.toml\n.*?)```", re.DOTALL)
_BLOCK = re.compile(r"""^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$""", re.DOTALL | re.MULTILINE)

LONGEST = 20
"""So many lines of output are read; what is longer hides the text below it."""


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
    """Where a page begins: nowhere if it makes a base itself, else in a checkout.

    That has the settings of the page's blocks that begin with `# kb.toml`, and is ingested unless the page does that.
    """
    if "$ kb init" in text:
        return folder
    blocks = tuple(_SETTINGS.findall(text))
    if "$ kb ingest" in text:
        return _checkout(folder, blocks)
    return shutil.copytree(_ingested(blocks), folder, dirs_exist_ok=True)


def _checkout(folder: Path, blocks: Sequence[str]) -> Path:
    copy(folder)
    with (folder / "kb.toml").open("a", encoding="utf-8") as file:
        file.writelines(f"\n{block}" for block in blocks)
    return folder


@cache
def _ingested(blocks: tuple[str, ...]) -> Path:
    """A checkout that is ingested; most pages begin with the same one."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    run("kb ingest raw/", _checkout(Path(folder.name), blocks))
    return Path(folder.name)


def steps(text: str) -> Iterator[Step]:
    """Every command of a page's sessions, in order."""
    for kind, _, body in _BLOCK.findall(text):
        if kind == "console":
            yield from _steps(body)


def _steps(session: str) -> Iterator[Step]:
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield Step(command, shown.rstrip("\n"))


class Followed(NamedTuple):
    """A block of a page, where it stands, and each of its commands with what that printed now."""

    span: tuple[int, int]
    steps: list[tuple[Step, str]]


def follow(text: str, folder: Path) -> Iterator[Followed]:
    """Do what a page says, block by block: write its files, make its edits, run its commands."""
    here = folder
    for block in _BLOCK.finditer(text):
        kind, title, body = block.groups()
        ran = []
        for step in _steps(body) if kind == "console" else ():
            if step.command.startswith("cd "):
                here /= step.command.removeprefix("cd ")
                ran.append((step, ""))
            else:
                ran.append((step, run(step.command, here)))
        if title and kind == "diff":
            _edit(here / title, body)
        elif title:
            _write(here / title, body, after=kind == "python")
        yield Followed(block.span(), ran)


def _write(path: Path, body: str, *, after: bool) -> None:
    """Make a file, or put the body after what is there, two lines below."""
    before = f"{path.read_text(encoding='utf-8')}\n\n" if after and path.exists() else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(before + body, encoding="utf-8")


def _edit(path: Path, diff: str) -> None:
    """Replace the lines of a diff that begin with `-` or a blank by those that begin with `+` or a blank."""
    lines = diff.splitlines(keepends=True)
    before, after = ("".join(line[1:] for line in lines if line[0] in kind) for kind in ("- ", "+ "))
    text = path.read_text(encoding="utf-8")
    if text.count(before) != 1:
        raise ValueError(f"{path.name} has {text.count(before)} places for this edit:\n{diff}")
    path.write_text(text.replace(before, after), encoding="utf-8")


def run(command: str, folder: Path) -> str:
    """What a command prints, standard error after standard output."""
    program, *arguments = shlex.split(command)
    if program == "kb":
        done = kb(folder, *arguments, env=_GIT)
    elif program == "git":
        process = subprocess.run(
            [program, *arguments],
            cwd=folder, env=os.environ | _GIT, capture_output=True, text=True, encoding="utf-8", check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        done = Outcome(process.returncode, process.stdout, process.stderr)
    else:
        raise ValueError(f"a session runs kb and git, not {program}")
    if done.code > 2:
        raise RuntimeError(f"{command}: {done.err}")
    return (done.out + done.err).rstrip("\n")


_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": f"{who}@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def agrees(shown: str, printed: str) -> bool:
    """Whether a page shows what a command printed."""
    parts = [re.escape(part) for part in re.split(r"^…$", shown, flags=re.MULTILINE)]
    return re.fullmatch(".*".join(parts), printed, re.DOTALL) is not None


def shortened(shown: str, printed: str) -> str:
    """What a command printed, cut short with `…` where the page did that with what it printed before."""
    old, new = shown.splitlines(), printed.splitlines()
    if "…" not in old:
        return printed
    kept: list[int] = []
    for line in old:
        after = kept[-1] + 1 if kept else 0
        alike = difflib.get_close_matches(line, new[after:], n=1) if line != "…" else []
        kept += [new.index(match, after) for match in alike]
    lines: list[str] = []
    for before, i in zip([-1, *kept], [*kept, len(new)], strict=True):
        lines += [*(["…"] if i > before + 1 else []), *new[i : i + 1]]
    return "\n".join(lines)


def renew(text: str, folder: Path) -> str:
    """A page with the output of its commands as it is now; what is cut short with `…` stays so."""
    parts, end = [], 0
    for (start, stop), ran in follow(text, folder):
        if not ran:
            continue
        lines = []
        for (command, shown), printed in ran:
            lines += [f"$ {command}", shown if agrees(shown, printed) else shortened(shown, printed)]
        parts += [text[end:start], "```console\n" + "".join(f"{line}\n" for line in lines if line) + "```"]
        end = stop
    return "".join(parts) + text[end:]


def main() -> None:
    for name in PAGES:
        page = ROOT / name
        text = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as scratch:
            page.write_text(renew(text, prepare(Path(scratch), text)), encoding="utf-8")


if __name__ == "__main__":
    main()
