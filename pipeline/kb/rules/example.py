"""The clean record that every example of a rule departs from. No rule finds fault with it."""

import copy
from typing import Any

from kb.model import Document
from kb.pointer import tokens
from kb.rules.base import ABSENT, Example

CLEAN: dict[str, Any] = {
    "id": "git/not-a-repository",
    "signature": "fatal: not a git repository (or any of the parent directories): .git",
    "signature_zh": "致命错误：当前目录及其上级目录都不是 git 仓库：.git",
    "signatures": [],
    "regex": "not a git repository \\(or any of the parent directories\\)",
    "domain": "git",
    "category": "usage_error",
    "subcategory": None,
    "severity": "error",
    "root_cause": "The command ran in a folder that lies in no working tree.",
    "root_cause_type": "generic",
    "root_cause_zh": "命令在不属于任何工作区的目录中运行。",
    "versions": [
        {
            "version": "2.39.5",
            "introduced": None,
            "deprecated": None,
            "removed": None,
            "behavior_change": None,
            "status": "active",
        }
    ],
    "os_specific": {},
    "diagnosis": [],
    "dead_ends": [
        {
            "action": "Reinstall git",
            "why_fails": "The program is sound; it was started in the wrong folder.",
            "fail_rate": 0.98,
            "condition": None,
            "sources": ["https://git-scm.com/docs/gitglossary"],
            "quote": None,
        },
        {
            "action": "Run git init in the home folder",
            "why_fails": "It makes a second, empty repository that hides the real one.",
            "fail_rate": 0.9,
            "condition": None,
            "sources": ["https://git-scm.com/docs/git-init"],
            "quote": None,
        },
    ],
    "workarounds": [
        {
            "action": "Change into the cloned folder first",
            "success_rate": 0.95,
            "how": "cd into the folder that holds .git, then run the command again.",
            "condition": None,
            "sources": ["https://git-scm.com/docs/git-rev-parse"],
            "quote": None,
        },
        {
            "action": "Name the folder with -C",
            "success_rate": 0.92,
            "how": "git -C path/to/clone status works from anywhere.",
            "condition": "In a script",
            "sources": ["https://git-scm.com/docs/git"],
            "quote": None,
        },
    ],
    "workarounds_zh": ["先进入克隆下来的目录", "用 -C 指定目录"],
    "verify": [],
    "transition_graph": {"leads_to": [], "preceded_by": [], "frequently_confused_with": []},
    "official_doc_url": "https://git-scm.com/docs/git-rev-parse",
    "official_doc_section": "Options for files",
    "error_code": "128",
    "verification_tier": "human_reviewed",
    "confidence": 0.9,
    "fix_success_rate": 0.94,
    "resolvable": "true",
    "first_seen": "2019-03-12",
    "last_confirmed": "2026-08-01",
    "last_updated": "2026-08-01",
    "evidence_count": 4,
    "tags": [],
    "locale": "en",
    "aliases": [],
}


TEXT_NOW = "(what the record says now)"
"""Stands in an example of an event for the digest of its record's text."""

EVENT: dict[str, Any] = {
    "v": 1,
    "kind": "confirm",
    "record": "git/not-a-repository",
    "digest": TEXT_NOW,
    "at": "2026-11-01T09:00:00Z",
    "by": "person:Ada",
}
"""The clean event that the examples of LED depart from."""


def with_changes(example: Example) -> Document:
    """The clean record with an example's values in their places.

    ABSENT takes a key or an element away, an index one past the end appends, a new key is added.
    """
    document = copy.deepcopy(CLEAN)
    for pointer, value in example.items():
        *path, last = tokens(pointer)
        parent: Any = document
        for step in path:
            parent = parent[_key(parent, step)]
        key = _key(parent, last)
        if value is ABSENT:
            del parent[key]
        elif isinstance(parent, list) and key == len(parent):
            parent.append(copy.deepcopy(value))
        else:
            parent[key] = copy.deepcopy(value)
    return document


def _key(parent: object, token: str) -> int | str:
    return int(token) if isinstance(parent, list) else token
