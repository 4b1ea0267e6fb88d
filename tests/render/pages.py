"""Pages to look at: of the example base, and of a base whose texts mean harm."""

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

from kb.render.html.base_page import document
from kb.reports import Options, page_data
from kb.rules import ruleset
from tests.bases import DAY, Base, reading

BREAKOUT = "</script><script>window.harmed = 1</script><!--"
IMAGE = '<img src=x onerror="window.harmed = 1">'
SEPARATORS = "before\u2028between\u2029after"
OVERRIDE = "safe\u202egnp.exe"
TEMPLATE = "{{ 7 * 7 }} {% raw %}"


def of(base: Base, **options: Any) -> str:  # noqa: ANN401 - as Options has them
    """The page of a base."""
    rules = ruleset.of(base.workspace)
    with reading(base.workspace.store) as opened:
        return document(page_data.ask(opened, Options(DAY, **options), rules.settings.trust.ladder), rules.known)


def fill_with_harm(base: Base) -> Base:
    """Records that would act on a page that took their texts for anything but text."""
    base.configure('[rules]\nignore = ["TXT002", "TXT004"]')  # so that all of it is published as it came
    base.record(
        "harm",
        signature=IMAGE,
        signature_zh=f"错误 {BREAKOUT}",
        root_cause=BREAKOUT,
        root_cause_zh=OVERRIDE,
        category=TEMPLATE,
        tags=[SEPARATORS, "&lt;b&gt;"],
        confidence=1,
        dead_ends=[{"action": "  <b>bold</b>  ", "why_fails": IMAGE, "fail_rate": 0.9, "condition": BREAKOUT,
                    "sources": ['https://example.org/"onmouseover="window.harmed=1']}],
        workarounds=[{"action": "[click](javascript:window.harmed=1)", "success_rate": 0.9, "how": SEPARATORS,
                      "condition": None, "sources": ["https://example.org/fine"]}],
        workarounds_zh=[IMAGE],
        fix_success_rate=0.9,
    )  # fmt: skip
    base.record("mild")
    base.record("link", official_doc_url="javascript:window.harmed=1")
    base.put("raw/git/torn.json", f'{{"id": "{BREAKOUT}{OVERRIDE}{IMAGE}'.encode())
    base.ingest()
    return base


def held(html: str, name: str) -> Any:  # noqa: ANN401 - any JSON value
    """What a data element of a page holds, unpacked."""
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', html, re.DOTALL)
    assert found, name
    value = json.loads(found[1])
    return json.loads(zlib.decompress(base64.b64decode(value))) if isinstance(value, str) else value


def write(html: str, folder: Path) -> str:
    """A page on disk, as an address."""
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    return path.as_uri()
