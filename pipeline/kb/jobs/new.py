"""`kb new`: a record to start from."""

import copy
import json
import os
from pathlib import Path
from typing import Any

from kb import aside
from kb.curate.record import curate
from kb.errors import KbError
from kb.model import Document, Incoming, Origin
from kb.rules import ruleset
from kb.rules.example import CLEAN
from kb.sources import digest
from kb.words import show
from kb.workspace import Workspace

_SLUG = CLEAN["id"].partition("/")[2]

_NOTE = (
    "A $comment is for you: it may stand in any object, and kb does not publish it. id is domain/slug or domain/slug/environment;"
    " signature is the message as the tool prints it; regex finds it in a log. signatures are further texts of the same error;"
    " severity is info, warning, error or critical; diagnosis tells the error from its neighbours, verify how one sees that it"
    " is fixed. A rate is a share from 0 to 1, a day is YYYY-MM-DD; what you do not know is null. Optional keys can go."
)

_COMMENTS: dict[str, str] = {
    "/versions/0": "A version that shows the error: the number alone.",
    "/dead_ends/0": "What people try in vain, and why it fails. Each with the pages that say so; quote: their words.",
    "/workarounds/0": "What works: action says what to do, how says the way; condition says when it holds, null: always.",
    "/transition_graph": "Ids of neighbouring errors, or objects with error_id, probability, condition and distinction.",
}

_LISTED: Document = {
    "signatures": ["fatal: not a git repository: .git/worktrees/topic"],
    "diagnosis": ["git rev-parse --git-dir names no folder here, and does in the clone."],
    "verify": ["git status prints the branch."],
}
"""Further keys, filled: the clean record leaves them empty, so that records which depart from it share no text by them."""

_TEXTS = ("signature", "regex", "category", "verification_tier", "resolvable", "version")
"""What has to be a text that somebody gives."""

_KEPT = ("locale", "os_specific")


def example(domain: str) -> Document:
    """The clean example record in a domain, each kind of object in it explained by a `$comment`."""
    document = copy.deepcopy(CLEAN) | {"id": f"{domain}/{_SLUG}", "domain": domain, **_LISTED}
    commented: Document = _commented(document, "", f"All of this is an example: replace every value. {_NOTE}")
    return commented


def draft(name: str) -> Document:
    """A record under an id in which nothing is said yet: kb keeps it out of what is published until it says what it has to.

    An example with other values in it would be believed where somebody forgets to replace one.
    """
    document: Document = _emptied(CLEAN | _LISTED) | {key: CLEAN[key] for key in _KEPT}
    document |= {"id": name, "domain": name.partition("/")[0]}
    commented: Document = _commented(
        document, "", f"Nothing is said here yet: `kb validate` says what has to be. {_NOTE}"
    )
    return commented


def _emptied(value: Any) -> Any:  # noqa: ANN401 - any part of a document
    """A value without what it says: of a list of objects one is left to be filled."""
    if isinstance(value, list):
        return [_emptied(child) for child in value[:1] if isinstance(child, dict)]
    if isinstance(value, dict):
        return {key: "" if key in _TEXTS else _emptied(child) for key, child in value.items()}
    return None


def new(workspace: Workspace, name: str) -> Path:
    """Write a draft under its id into `raw/`; where it lies.

    Raises:
        KbError: the id is malformed, there is a file of that name already, or it cannot be written.
    """
    path = workspace.raw / f"{name}.json"
    _check(workspace, name)
    if os.path.lexists(path):
        raise KbError(f"raw/{name}.json: is there already; choose another id, or edit that file")
    aside.put(path, text(draft(name)).encode(), f"raw/{name}.json")
    return path


def text(document: Document) -> str:
    """A record as a file that a person edits."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _check(workspace: Workspace, name: str) -> None:
    raw = text(example(name.partition("/")[0]) | {"id": name}).encode()
    rules = ruleset.of(workspace)
    outcome = curate(Incoming(Origin(f"raw/{name}.json", 0, None, digest(raw)), raw), rules)
    for finding in outcome.findings:
        if finding.code in rules.errors:
            raise KbError(f"{show(name)} cannot be the id: {finding.message}")


def _commented(value: Any, pointer: str, note: str) -> Any:  # noqa: ANN401 - any part of a document
    if isinstance(value, list):
        return [_commented(child, f"{pointer}/{i}", note) for i, child in enumerate(value)]
    if isinstance(value, dict):
        parts = {key: _commented(child, f"{pointer}/{key}", note) for key, child in value.items()}
        comment = _COMMENTS.get(pointer) if pointer else note
        return {"$comment": comment, **parts} if comment else parts
    return value
