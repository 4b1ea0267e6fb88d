"""The page of a base: its quality, its queue, and every record."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import deflate
import orjson

from kb import __version__
from kb.model import Document, Table
from kb.render.html import asset, page
from kb.render.html.charts import Chart, charts, library, specification, tenth
from kb.render.html.portable import portable
from kb.render.sections import people
from kb.render.tables import cell
from kb.reports.page_data import Page
from kb.rules.base import Rule
from kb.words import spelled, visible

_SCRIPTS = ("dom", "data", "pattern", "find", "filter", "charts", "table", "record", "main")

_CHUNK = 64
"""So many whole records are unpacked at once, when one of them is looked at."""

_BATCH = 512
"""The words of so many other records are unpacked at once, for the search."""


def document(content: Page, known: Mapping[str, Rule], scratch: Path | None = None) -> str:
    """The page of a base as one HTML file; `known` are all rules by code, custom rules among them.

    In the folder `scratch` lies what takes long and is the same for every page.
    """
    rules = _rules(content, known)
    shown = charts(content, {code: rule["name"] for code, rule in rules.items()})
    facts = {
        "as_of": content.options.as_of,
        "records": len(content.records.rows),
        "whole": len(content.whole.rows),
        "chunk": _CHUNK,
        "batch": _BATCH,
        "rules": rules,
        "common": {rule.code: [rule.records, rule.among] for rule in content.common},
        "charts": [_facts(chart) for chart in shown],
    }
    return page(
        "base.html.j2",
        styles=(asset("style.css"), asset("base.css")),
        scripts=(_code(), library(scratch)),
        version=__version__,
        cell=cell,
        page=content,
        figures=content.quality["figures"].rows.records()[0],
        moved=_moved(content),
        flagged=sum(bool(codes) for codes in _column(content.records, "codes")),
        charts=shown,
        lives=_lives(content),
        facts=facts,
        rows=_packed(_rows(content.records, shown)),
        chunks=[_packed(chunk) for chunk in _chunks(content.whole)],
        batches=[_packed(content.words[at : at + _BATCH]) for at in range(0, len(content.words), _BATCH)],
        patterns=_packed(list(map(portable, _column(content.records, "regex")))),
        quarantine=_packed([_rejected(row) for row in content.quarantine.records()]),
    )


def _facts(chart: Chart) -> Document:
    return {
        "key": chart.key,
        "noun": chart.noun,
        "bars": [asdict(bar) for bar in chart.bars],
        "drawn": chart.drawn,
        "specification": specification(chart),
    }


def _moved(content: Page) -> Table | None:
    """What is not as it was in the state before, where that is known."""
    section = content.quality.get("moved")
    return people(section, content.options) if section and section.rows.rows else None


def _lives(content: Page) -> str:
    """The times to live of the records, for the legend."""
    days = sorted(set(_column(content.records, "time_to_live")))
    return f"{days[0]:,} to {days[-1]:,} days" if len(days) > 1 else f"{days[0]:,} days" if days else "set in kb.toml"


def _code() -> str:
    parts = "\n".join(asset(f"{name}.js") for name in _SCRIPTS)
    return f"(() => {{\n'use strict';\n{parts}}})();"


def _rules(content: Page, known: Mapping[str, Rule]) -> dict[str, dict[str, str]]:
    """What the rules say that are named on this page."""
    named = {code for codes in _column(content.records, "codes") for code in codes}
    for table, key in ((content.whole, "changes"), (content.whole, "findings"), (content.quarantine, "findings")):
        named |= {item["code"] for items in _column(table, key) for item in items}
    return {
        code: {"name": rule.name, "severity": str(rule.severity), "summary": rule.summary, "prose": rule.prose}
        for code, rule in known.items()
        if code in named
    }


def _column(table: Table, name: str) -> list[Any]:
    index = table.columns.index(name)
    return [row[index] for row in table.rows]


def _rows(records: Table, shown: Sequence[Chart]) -> dict[str, Any]:
    """A list for each column; what is chosen by is a number, the place of a bar in its chart."""
    columns = {name: _column(records, name) for name in records.columns if name not in {"regex", "time_to_live"}}
    columns["tenth"] = [str(tenth(value)) for value in columns["effective"]]
    columns["said"] = [tenth(value) for value in columns["declared"]]
    for name, values in (("code", columns.pop("codes")), ("host", columns.pop("hosts"))):
        places = _places(shown, name)
        columns[name] = [[places[value] for value in row if value in places] for row in values]
    for name in ("tenth", "tier", "freshness", "domain"):
        places = _places(shown, name)
        columns[name] = [places[value] for value in columns[name]]
    return columns


def _places(shown: Sequence[Chart], key: str) -> dict[str, int]:
    chart = next(chart for chart in shown if chart.key == key)
    return {bar.key: index for index, bar in enumerate(chart.bars)}


def _chunks(whole: Table) -> Iterator[list[Any]]:
    records = whole.records()
    for start in range(0, len(records), _CHUNK):
        yield [_whole(record) for record in records[start : start + _CHUNK]]


def _whole(record: Document) -> Document:
    changes = [
        {**change, "before": _json(change["before"]), "after": _json(change["after"])} for change in record["changes"]
    ]
    return {**record, "doc": orjson.Fragment(record["doc"]), "changes": changes}


def _json(text: str | None) -> str | None:
    return None if text is None else visible(json.dumps(orjson.loads(text), ensure_ascii=False))


def _rejected(row: Document) -> Document:
    shown = row["raw"] or b""
    raw = shown.decode("utf-8", errors="backslashreplace").replace("\r\n", "\n").expandtabs(4)
    return {**row, "raw": "\n".join(map(visible, raw.split("\n"))), "raw_size": len(shown)}


def _packed(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """JSON, compressed, in Base64; what could act in its texts is spelled out. libdeflate gives the same bytes everywhere."""
    text = spelled(orjson.dumps(value).decode())
    return base64.b64encode(deflate.zlib_compress(text.encode(), 9)).decode()
