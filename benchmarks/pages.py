"""The synthetic records as pages of Markdown, and the mapping that reads them."""

from pathlib import Path
from typing import Any

import orjson

from benchmarks.generate import records

MAPPING = """
title = "Pages that a script wrote"
read = "markdown"
claims = "front.signature"

[map]
id = "front.id"
signature = "front.signature"
regex = "front.regex"
domain = "front.domain"
category = "front.category"
verification_tier = "front.tier"
confidence = "number(front.confidence)"
resolvable = "front.resolvable"
last_confirmed = "date(front.confirmed)"
root_cause = "strip_md(section(@, 'Cause').text)"

[lists.dead_ends]
items = "section(@, 'Dead ends').items"
action = "strip_md(text)"
why_fails = "strip_md(items[0].text)"

[lists.workarounds]
items = "section(@, 'Workarounds').items"
action = "strip_md(text)"
how = "code[0].text"
"""

_FRONT = {
    "id": "id", "signature": "signature", "regex": "regex", "domain": "domain", "category": "category",
    "tier": "verification_tier", "confidence": "confidence", "resolvable": "resolvable", "confirmed": "last_confirmed",
}  # fmt: skip


def write(folder: Path, count: int) -> None:
    """Write so many records, a page each, a thousand to a folder."""
    for i, line in enumerate(records(count)):
        path = folder / f"{i // 1000}" / f"{i}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_page(orjson.loads(line)), encoding="utf-8")


def _page(record: dict[str, Any]) -> str:
    front = [f"{key}: {orjson.dumps(record.get(field)).decode()}" for key, field in _FRONT.items()]
    lines = ["---", *front, "---", f"# {record['id']}", "", "## Cause", "", str(record.get("root_cause") or ""), ""]
    lines += ["## Dead ends", ""]
    for item in record["dead_ends"]:
        lines += [f"- {item.get('action')}", f"  - {item.get('why_fails')}"]
    lines += ["", "## Workarounds", ""]
    for item in record["workarounds"]:
        lines += [f"- {item.get('action')}", "", "  ```", f"  {item.get('how') or ''}", "  ```"]
    return "\n".join(lines) + "\n"
