"""Runs commands that end well, and keeps the distinct lines that they print: no line of it is an error that `kb match` may answer.

`ordinary_commands.toml` says what is run: for each tool a script in an empty folder of its own, without a network, in the
C locale. What a command prints counts only if it ends well. The lines are others than those that come with kb: these
are tuned with, those are for the figure.

    python -m benchmarks.matching.ordinary_lines             # writes ordinary_lines.txt.gz, needs ten minutes
    python -m benchmarks.matching.ordinary_lines git make    # of these tools alone, the lines of the others stay
"""

import errno
import gzip
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from kb.rules import ordinary
from kb.settings import OwnLines

HERE = Path(__file__).parent

KEPT = HERE / "ordinary_lines.txt.gz"

COMMANDS = HERE / "ordinary_commands.toml"

MOST_OF_ALL = 0.15
"""No tool gives a larger share of the lines."""

_SHOWN = "/home/user/app"
"""What is written for the folder in which a command ran."""

_MOST = 850
"""So many lines of a tool are enough; of more, some are taken at equal distances."""

_SECONDS = 240

_LONGEST = 300

_PRELUDE = """
set -o pipefail
ok() { local out; if out=$("$@" 2>&1); then printf '%s\\n' "$out"; fi; return 0; }
helps() { local tool; for tool in "$@"; do if type -P "$tool" >/dev/null; then ok timeout 10 "$tool" --help; fi; done; }
"""

_OF_ANY_MACHINE = {"bin", "etc", "home", "lib", "opt", "usr", "var"}

_PLACES = {
    Path(place).parts[1] for place in (str(Path.home()), tempfile.gettempdir(), sys.prefix, __file__)
} - _OF_ANY_MACHINE
"""The folders of this machine in which its own things lie."""

_OF_THIS_MACHINE = re.compile(
    rf"/(?:{'|'.join(map(re.escape, sorted(_PLACES)))})\b|\.cargo\b|\.rustup|\.venv|[\w.+-]+@[\w-]+\.\w"
    r"|(?:written|contributed|developed) by|copyright|authors?:|maintainer|\b(?:https?|ftp)://(?!localhost|127\.|example|[\w.]*\bexample\b)\S*"
    r"|\b(?!example\b)[\w-]+\.com\b",
    re.IGNORECASE,
)
"""Folders and hosts of the machine that the commands ran on, and whom one may write to."""


_ERROR_CODE = re.compile(rf"\b(?:{'|'.join(errno.errorcode.values())})\b|^troff:", re.IGNORECASE)
"""What lists the errors of a system by name is no ordinary line, nor is what a page could not be laid out for."""


def described() -> list[dict[str, str]]:
    """What is run: the tool, what has to be there for it, a script, and what of its output reports an error."""
    commands: list[dict[str, str]] = tomllib.loads(COMMANDS.read_text(encoding="utf-8"))["command"]
    return commands


def lines_of(command: dict[str, str]) -> Iterator[str]:
    """What a script prints, line by line, the scratch folder masked; nothing, and that said, if it ends badly."""
    with tempfile.TemporaryDirectory(prefix="ordinary-") as scratch:
        folder, home = Path(scratch, "app"), Path(scratch, "home")
        folder.mkdir()
        home.mkdir()
        process = subprocess.Popen(
            ["bash", "-c", f"{_PRELUDE}\n{command['run']}"],
            cwd=folder, env=_environment(home), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            printed = process.communicate(timeout=_SECONDS)[0].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            print(f"{command['tool']}: did not end within {_SECONDS} s", file=sys.stderr)
            return
    if process.returncode:
        print(f"{command['tool']}: ends with {process.returncode}: {printed.strip()[-300:]}", file=sys.stderr)
        return
    drop = re.compile(command["drop"]) if command.get("drop") else None
    for line in printed.replace(str(folder), _SHOWN).replace(scratch, "/home/user").splitlines():
        plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|.\x08|\r", "", line).rstrip()
        if drop is None or not drop.search(plain):
            yield plain


def _environment(home: Path) -> dict[str, str]:
    """What a command sees of the machine."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHON": sys.executable,
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def is_kept(line: str) -> bool:
    """Whether a line says something, is no heading of this file, and holds nothing of the machine it was printed on."""
    printable = line.isprintable() or line.replace("\t", "").isprintable()
    short = len(line) <= _LONGEST and len(re.findall(r"[^\W\d_]", line)) > 3
    if not (printable and short) or line.startswith("## ") or "\ufffd" in line:
        return False
    return not (_OF_THIS_MACHINE.search(line) or _ERROR_CODE.search(line) or socket.gethostname() in line)


def folded(line: str) -> str:
    """A line as others are held against it: with a 0 for each number, and single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"\d+", "0", line)).strip().lower()


def distinct(lines: Iterable[str], seen: set[str]) -> list[str]:
    """The lines of which no like one was seen, in order."""
    found = []
    for line in lines:
        key = folded(line)
        if key not in seen:
            seen.add(key)
            found.append(line)
    return found


def spread(lines: list[str], most: int) -> list[str]:
    """Of some lines as many as are wanted, at equal distances."""
    return lines if len(lines) <= most else [lines[i * len(lines) // most] for i in range(most)]


def main(tools: list[str]) -> None:
    """Run, choose, write, and say how many there are of each tool."""
    seen = {folded(line) for line in ordinary.lines(OwnLines())}
    found: dict[str, list[str]] = {}
    for tool, line in read() if tools else ():
        if tool not in tools and is_kept(line):
            found.setdefault(tool, []).extend(distinct([line], seen))
    for command in described():
        if tools and command["tool"] not in tools:
            continue
        if missing := [tool for tool in command.get("needs", "").split() if not _is_there(tool)]:
            print(f"{command['tool']}: {', '.join(missing)} is not here", file=sys.stderr)
            continue
        found.setdefault(command["tool"], []).extend(distinct(filter(is_kept, lines_of(command)), seen))
    kept = {tool: spread(lines, _MOST) for tool, lines in sorted(found.items()) if lines}
    total = sum(map(len, kept.values()))
    for tool, lines in kept.items():
        print(f"{tool:16} {len(lines):6,} of {len(found[tool]):,}")
        if len(lines) > MOST_OF_ALL * total:
            raise SystemExit(f"{tool} gives {len(lines) / total:.0%} of {total:,} lines: more tools are needed")
    text = "".join(f"## {tool}\n" + "".join(f"{line}\n" for line in lines) for tool, lines in kept.items())
    KEPT.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{total:,} lines of {len(kept)} tools, {KEPT.stat().st_size:,} bytes")


def _is_there(tool: str) -> bool:
    return subprocess.run(["bash", "-c", f"type -P {tool}"], capture_output=True, check=False).returncode == 0


def read() -> list[tuple[str, str]]:
    """The lines that are kept, each after its tool."""
    tool, lines = "", []
    for line in gzip.decompress(KEPT.read_bytes()).decode().splitlines():
        if line.startswith("## "):
            tool = line[3:]
        else:
            lines.append((tool, line))
    return lines


if __name__ == "__main__":
    main(sys.argv[1:])
