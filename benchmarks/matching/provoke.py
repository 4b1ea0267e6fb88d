"""Provokes the failures that `failures/*.toml` describe, and keeps what the tools print.

Each runs in an empty folder of its own, without a network, in the C locale, and has to end with an error and print the
text that says it is the failure that was meant: the label is right by construction. Where `fixed` says how a workaround
of the record is carried out, the same command has to end well after it. What a tool has to be there for is
skipped where it is not, and said.

    python -m benchmarks.matching.provoke            # every failure; writes provoked.ndjson
    python -m benchmarks.matching.provoke git make   # of these tools alone, the others stay as they are
"""

import getpass
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

PROVOKED = HERE / "provoked.ndjson"

_SHOWN = "/home/user/app"
"""What is written for the folder in which a failure was provoked."""

_SECONDS = 60


def failures() -> list[dict[str, Any]]:
    """All that are described, each with its tool; the record that knows it, or None where none does."""
    found = []
    for path in sorted((HERE / "failures").glob("*.toml")):
        described = tomllib.loads(path.read_text(encoding="utf-8"))
        common = {"tool": path.stem, "record": None, "setup": "", "fixed": "", "needs": described.get("needs", [])}
        found += [common | one for one in described["failure"]]
    return found


def provoke(failure: dict[str, Any]) -> dict[str, Any] | str:  # noqa: PLR0911 - each way in which it may not be provoked
    """What a tool printed, with its label; or why it could not be provoked."""
    missing = [tool for tool in failure["needs"] if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} is not here"
    with tempfile.TemporaryDirectory(prefix="provoked-") as scratch:
        folder = Path(scratch, "app")
        folder.mkdir()
        home = Path(scratch, "home")
        home.mkdir()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
        }

        def run(script: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                ["bash", "-c", script],
                cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, errors="replace", timeout=_SECONDS, check=False,
            )  # fmt: skip

        try:
            if failure["setup"]:
                before = run(f"set -e\n{failure['setup']}")
                if before.returncode:
                    return f"its setup fails: {before.stdout.strip()[-200:]}"
            ended = run(failure["run"])
            if ended.returncode and failure["fixed"]:
                after = run(f"set -e\n{failure['fixed']}\n{failure['run']}")
                if after.returncode:
                    return f"fails after its workaround too: {after.stdout.strip()[-300:]}"
        except subprocess.TimeoutExpired:
            return f"did not end within {_SECONDS} s"
    output = ended.stdout.replace(str(folder), _SHOWN).replace(scratch, "/home/user")
    output = output.replace(f"{getpass.getuser()}@{platform.node()}", "user@host")
    if not ended.returncode:
        return f"ended well: {output.strip()[-200:]}"
    if re.search(failure["expect"], output) is None:
        return f"did not print {failure['expect']!r}: {output.strip()[-300:]}"
    return {"tool": failure["tool"], "name": failure["name"], "record": failure["record"], "output": output}


def main(tools: list[str]) -> None:
    """Provoke, write, and say what could not be."""
    described = failures()
    names = [(one["tool"], one["name"]) for one in described]
    if len(set(names)) < len(names):
        raise SystemExit(f"twice: {sorted({name for name in names if names.count(name) > 1})}")
    kept = {(one["tool"], one["name"]): one for one in read() if tools and one["tool"] not in tools}
    for failure in described:
        if tools and failure["tool"] not in tools:
            continue
        came = provoke(failure)
        if isinstance(came, str):
            print(f"{failure['tool']}/{failure['name']}: {came}", file=sys.stderr)
        else:
            kept[failure["tool"], failure["name"]] = came
    ordered = [kept[name] for name in names if name in kept]
    PROVOKED.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in ordered), encoding="utf-8")
    with_record = sum(one["record"] is not None for one in ordered)
    print(f"{len(ordered)} failures of {len({one['tool'] for one in ordered})} tools, {with_record} with a record")


def read() -> list[dict[str, Any]]:
    """What was provoked."""
    if not PROVOKED.exists():
        return []
    return [json.loads(line) for line in PROVOKED.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main(sys.argv[1:])
