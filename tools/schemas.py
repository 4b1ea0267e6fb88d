"""The JSON Schemas that are made: of the reports, from their declarations, and of the curated record, from the incoming one."""

import datetime as dt
import json
from collections.abc import Mapping

from kb.contract import CURATED, INCOMING, schema, shapes
from kb.model import Document, Json
from kb.reports import REPORTS, Options, Report, Section
from kb.reports.declared import TOTALS
from kb.reports.kinds import COUNT, DAY, Column

_ANY_DAY = dt.date.min

_NEEDS = {
    None: "",
    "due": "; with --due",
    "spread": "; with --spread",
    "released": "; with --released",
    "uses": "; with match.record in kb.toml, left out in curated/reports/",
    "history": "; left out in curated/reports/",
}


def files() -> dict[str, str]:
    """Every generated schema as text, by the name of its file."""
    schemas = [*map(_of_report, REPORTS.values()), _of_metrics(), _of_curated()]
    return {f"{schema['$id'].removeprefix('urn:kb:')}.json": f"{_written(schema)}\n" for schema in schemas}


def _of_report(report: Report) -> Document:
    kept = f" with up to {report.kept:,} rows of each list" if report.kept else ""
    where = (
        "; it depends on earlier runs, so curated/reports/ does not hold it"
        if report.of_runs
        else f", and curated/reports/{report.name}.json{kept}"
    )
    always = _always(report)
    ranked = [section for section in report.sections if section.ranked]
    properties = {
        "report": {"const": report.name},
        "as_of": {**DAY, "description": "The day that age is counted to"},
        "domain": {"type": ["string", "null"], "description": "The one domain that was asked for; null: all"},
        "tier": {"type": ["string", "null"], "description": "The one tier that was asked for; null: all"},
    }
    if ranked:
        lengths = {section.name: {**COUNT, "description": f"Of `{section.name}`"} for section in ranked}
        required_lengths = [section.name for section in ranked if section in always]
        properties["found"] = {
            "description": "How many rows each list has; the lists are cut to the limit",
            **_object(lengths, required_lengths),
        }
    if report.totals:
        properties["totals"] = {
            "description": "All records that were asked for, whatever the limit",
            **_row(TOTALS),
        }
    required = [*properties, *(section.name for section in always)]
    properties |= {section.name: _of_section(report, section) for section in report.sections}
    return {
        **_head(f"report.{report.name}.v1", f"The report `{report.name}`, version 1"),
        "description": f"{report.title}. What `kb report {report.name} --format json` prints{where}.",
        **_object(properties, required),
    }


def _of_metrics() -> Document:
    figures = REPORTS["quality"].sections[0]
    return {
        **_head("metrics.v1", "curated/reports/metrics.json, version 1"),
        "description": "The figures of the base, flat, so that `dvc metrics diff` compares them; those of the report `quality`.",
        **_row(figures.columns),
    }


def _of_curated() -> Document:
    """The curated record with every key of the incoming one: as it has that key itself, else as that comes in."""
    own = schema(CURATED)
    keys = [*shapes()["record"].keys, "schema_version", "curation"]
    return {**own, "required": keys, "properties": {**schema(INCOMING)["properties"], **own["properties"]}}


def _head(name: str, title: str) -> Document:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:kb:{name}", "title": title}


def _always(report: Report) -> tuple[Section, ...]:
    """The sections that a report has, whatever it is asked for."""
    return report.asked(Options(_ANY_DAY, domain="any", history=report.of_runs))


def _of_section(report: Report, section: Section) -> Document:
    title = section.title.format(due="N", spread="N", released="that one") or report.title
    when = _NEEDS[section.needs] if section not in _always(report) else ""
    part = "; left out where a domain or a tier was asked for" if section.whole else ""
    some = "; left out where it has no rows" if section.optional else ""
    described = {"description": f"{title}{when}{part}{some}"}
    if section.single:
        return {**described, **_row(section.columns)}
    length = {} if section.length is None else {"minItems": section.length, "maxItems": section.length}
    return {**described, "type": "array", **length, "items": _row(section.columns)}


def _row(columns: Mapping[str, Column]) -> Document:
    return _object({name: _of_column(column) for name, column in columns.items()}, [*columns])


def _of_column(column: Column) -> Document:
    meaning = f"{column.meaning[0].upper()}{column.meaning[1:]}"
    if column.null is None:
        return {**column.values, "description": meaning}
    values = {**column.values, "type": [column.values["type"], "null"]}
    return {**values, "description": f"{meaning}; null: {column.null}"}


def _object(properties: Document, required: list[str]) -> Document:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def _written(value: Json, indent: str = "") -> str:
    """JSON in which what holds no object stands on one line."""
    inner = f"{indent}  "
    if isinstance(value, dict) and any(isinstance(child, dict) for child in value.values()):
        lines = [f"{inner}{json.dumps(key)}: {_written(child, inner)}" for key, child in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return json.dumps(value, ensure_ascii=False)
