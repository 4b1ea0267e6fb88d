"""Which records `kb match` found: recorded where `match.record` of kb.toml says, by their ids and never the text asked for."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import orjson

from kb.errors import KbError
from kb.workspace import Workspace


def note(workspace: Workspace, found: dict[str, Any]) -> None:
    """Add a line to the record of use, if one is kept: the day, the verdict, and the records of the answers.

    Raises:
        KbError: it cannot be written.
    """
    if not workspace.settings.match.record:
        return
    path = workspace.root / workspace.settings.match.record
    line = orjson.dumps({
        "at": found["as_of"], "verdict": found["verdict"], "records": [answer["record"] for answer in found["answers"]],
    })  # fmt: skip
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line + b"\n")  # at once, so that lines of several processes do not mix
        finally:
            os.close(descriptor)
    except OSError as error:
        raise KbError(f"match.record = {str(path.name)!r}: cannot be written: {error.strerror}") from None


def counted(workspace: Workspace) -> str | None:
    """How often each record was an answer, and when last, as JSON for the report `matching`; None where no use is recorded.

    Raises:
        KbError: the record of use cannot be read; its line is named.
    """
    name = workspace.settings.match.record
    if not name:
        return None
    times: Counter[str] = Counter()
    last: dict[str, str] = {}
    for number, line in enumerate(_lines(workspace.root / name), start=1):
        try:
            use = orjson.loads(line)
            for record in {str(one) for one in use["records"]}:
                times[record] += 1
                last[record] = max(str(use["at"]), last.get(record, ""))
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise KbError(f"{name}:{number}: no line that `kb match` wrote; take it out") from None
    return orjson.dumps(
        [{"id": record, "times": times[record], "last": last[record]} for record in sorted(times)]
    ).decode()


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KbError(f"{path.name}: cannot be read: {error.strerror}") from None
