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

_COMMENTS: dict[str, str] = {
    "": "All of this is an example: replace every value. A $comment is for you: it may stand in any object, and kb does not"
    " publish it. id is domain/slug or domain/slug/environment; signature is the message as the tool prints it; regex finds"
    " it in a log. signatures are further texts of the same error; severity is info, warning, error or critical; diagnosis"
    " tells the error from its neighbours, verify how one sees that it is fixed. A rate is a share from 0 to 1, a day is"
    " YYYY-MM-DD; what you do not know is null. Optional keys can go.",
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


def draft(domain: str) -> Document:
    """The clean example record in a domain, each kind of object in it explained by a `$comment`."""
    document = copy.deepcopy(CLEAN)
    document |= {"id": f"{domain}/{_SLUG}", "domain": domain, **_LISTED}
    commented: Document = _commented(document, "")
    return commented


def new(workspace: Workspace, name: str) -> Path:
    """Write a draft under its id into `raw/`; where it lies.

    Raises:
        KbError: the id is malformed, there is a file of that name already, or it cannot be written.
    """
    document = draft(name.partition("/")[0])
    document["id"] = name
    path = workspace.raw / f"{name}.json"
    _check(workspace, document, f"raw/{name}.json")
    if os.path.lexists(path):
        raise KbError(f"raw/{name}.json: is there already; choose another id, or edit that file")
    aside.put(path, text(document).encode(), f"raw/{name}.json")
    return path


def text(document: Document) -> str:
    """A record as a file that a person edits."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _check(workspace: Workspace, document: Document, path: str) -> None:
    raw = text(document).encode()
    rules = ruleset.of(workspace)
    outcome = curate(Incoming(Origin(path, 0, None, digest(raw)), raw), rules)
    for finding in outcome.findings:
        if finding.code in rules.errors:
            raise KbError(f"{show(document['id'])} cannot be the id: {finding.message}")


def _commented(value: Any, pointer: str) -> Any:  # noqa: ANN401 - any part of a document
    if isinstance(value, list):
        return [_commented(child, f"{pointer}/{i}") for i, child in enumerate(value)]
    if isinstance(value, dict):
        parts = {key: _commented(child, f"{pointer}/{key}") for key, child in value.items()}
        return {"$comment": _COMMENTS[pointer], **parts} if pointer in _COMMENTS else parts
    return value
