"""The schemas hold for all that the tool writes and prints, and for little else."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from kb import contract, reports, store
from kb.contract import schema, shapes, violations
from kb.jobs import look_up
from kb.jobs.export import export
from kb.jobs.validate import ValidateOptions, validate
from kb.judging.request import Request
from kb.ledger.event import KINDS
from kb.match.verdict import Thresholds
from kb.model import Document, Json, Severity
from kb.render import answers as render
from kb.render import validations
from kb.results import GateResult, Kin, Located, Proposal, RecordEdit, RecordsCompared, Verdict
from kb.settings import Settings
from kb.store import build
from tests.bases import DAY, Base
from tests.conftest import ROOT
from tests.ledger.events import event

pytestmark = pytest.mark.whole


NAMES = sorted(path.name.removesuffix(".json") for path in (ROOT / "schemas").iterdir())
OUTPUTS = [name for name in NAMES if name != contract.INCOMING]


def test_each_output_has_a_schema() -> None:
    kinds = [
        "baseline.v1",
        "change.v1",
        "diff.v1",
        "event.v1",
        "finding.v1",
        "gate.v1",
        "ingest.v1",
        "links.v1",
        "manifest.v1",
        "match.v1",
        "metrics.v1",
        "propose.v1",
        "quarantine.v1",
        "site.domains.v1",
        "site.page.v1",
        "site.version.v1",
        "statistics.v1",
        "tombstone.v1",
        "validate-line.v1",
        "validate.v1",
    ]
    missing = {f"report.{name}.v1" for name in reports.REPORTS} - set(NAMES)
    assert not missing, f"run `make docs` to write {', '.join(f'schemas/{name}.json' for name in sorted(missing))}"
    assert sorted([*kinds, *(f"report.{name}.v1" for name in reports.REPORTS), contract.CURATED]) == OUTPUTS


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_and_says_who_it_is(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema(name)["$id"] == f"urn:kb:{name}"
    assert schema(name)["title"]


@pytest.mark.parametrize("name", NAMES)
def test_every_property_is_described_where_it_is_not_a_constant(name: str) -> None:
    bare = [
        f"{pointer}/{key}"
        for pointer, definition in _definitions(schema(name))
        for key, value in definition.get("properties", {}).items()
        if not {"description", "const"} & value.keys() and pointer.count("/") > 0
    ]
    assert [place for place in bare if not place.endswith(("/contains/severity", "/items/records"))] == []


@pytest.mark.parametrize("name", OUTPUTS)
def test_our_own_objects_take_no_other_keys(name: str) -> None:
    open_ones = [
        pointer
        for pointer, definition in _definitions(schema(name))
        if "required" in definition and definition.get("additionalProperties") is not False
    ]
    authors = [
        "",
        *(f"/$defs/{kind}" for kind in ("version", "dead_end", "workaround", "transition", "transition_graph")),
    ]
    assert open_ones == (authors if name == contract.CURATED else [])


def _definitions(value: Json, pointer: str = "") -> Iterator[tuple[str, Document]]:
    """Every object schema below a schema, with the place where it stands."""
    if isinstance(value, dict):
        if value.get("type") == "object" or "properties" in value:
            yield pointer, value
        for key, child in value.items():
            if key != "required":
                yield from _definitions(child, f"{pointer}/{key}")


def test_a_curated_record_has_every_key_of_an_incoming_one() -> None:
    curated = schema(contract.CURATED)
    assert curated["required"] == [*shapes()["record"].keys, "schema_version", "curation"]
    assert set(curated["properties"]) == set(schema(contract.INCOMING)["properties"])
    for kind, shape in shapes().items():
        if kind != "record":
            assert curated["$defs"][kind]["required"] == list(shape.keys), kind


# what the tool writes and prints


VERDICTS = (
    Verdict("max_stale_share", "the whole base", 0.3, 0.2, "3 of 10 records stale or never confirmed"),
    Verdict("max_new_errors", "domain npm", None, 0, "1 error, no state before is known"),
)


COMPARED = RecordsCompared(
    "HEAD~1",
    "0" * 40,
    ("git/new",),
    {"git/bad": [{"code": "RAT001", "pointer": "/confidence", "message": "7 is not between 0 and 1"}], "git/gone": []},
    {
        "git/a": [
            RecordEdit("changed", "/confidence", None, 0.9, 0.5),
            RecordEdit("added", "/dead_ends/0/sources/1", "Run it", None, "https://example.org"),
            RecordEdit("reordered", "/tags", None, None, None),
        ]
    },
)


STONE: Document = {
    "id": "git/a", "status": "merged", "reason": None, "successor": "git/b", "at": "2026-11-01T12:00:00Z", "by": "person:Ada",
    "event": "2026-11-01-0123456789ab",
}  # fmt: skip


_FOUND = Located(
    "SCH002", "schema-violation", Severity.ERROR, None, "/id", "`id` is missing", fixable=False, path="x", line=1, column=1,
    source="", fingerprint="",
)  # fmt: skip

PROPOSED = Proposal(
    "raw/inbox/draft-0123456789abcdef.json",
    is_new=True,
    record=None,
    findings=(
        _FOUND,
        _FOUND._replace(code="DED004", severity=Severity.WARNING, pointer=""),
        _FOUND._replace(code="TXT003", severity=Severity.INFO, fixable=True),
    ),
    kin=(Kin("git/a", ("id", "near copy")),),
)


@pytest.fixture(scope="module")
def outputs(example: Base, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Document]]:
    """Everything that the tool says about this project's own raw/, by schema."""
    files = example.curated()
    baseline = tmp_path_factory.mktemp("known") / "kb.baseline.json"
    validate(
        example.workspace, [example.root / "raw"], Request(DAY, jobs=1), ValidateOptions(baseline, write_baseline=True)
    )
    found_now = validate(example.workspace, [example.root / "raw"], Request(DAY, jobs=1))
    found = {
        contract.CURATED: [json.loads(data) for name, data in files.items() if name.startswith("records/")],
        "baseline.v1": [json.loads(baseline.read_bytes())],
        "manifest.v1": [json.loads(files["manifest.json"])],
        "metrics.v1": [json.loads(files["reports/metrics.json"])],
        "ingest.v1": [example.ingest().document()],
        "validate.v1": [found_now.document()],
        "validate-line.v1": _parsed(validations.render(found_now, "ndjson", Settings())),
        "statistics.v1": _parsed(validations.statistics(found_now, "json"), whole=True),
    }
    for kind, name in (("change", "changes"), ("finding", "findings"), ("quarantine", "quarantine")):
        found[f"{kind}.v1"] = example.lines(f"{name}.ndjson")
    found["finding.v1"] += example.lines("reports/day-findings.ndjson")
    found["diff.v1"] = [COMPARED.document()]
    found |= _exported(example, tmp_path_factory.mktemp("exported"))
    found["tombstone.v1"] = [STONE]
    found["propose.v1"] = [PROPOSED.document()]
    found["match.v1"] = [_matched(example)]
    found["event.v1"] = [event(kind).document for kind in KINDS]
    found["gate.v1"] = [GateResult(DAY, VERDICTS).document()]
    for name in reports.REPORTS:
        kept = [json.loads(files[f"reports/{name}.json"])] if f"reports/{name}.json" in files else []
        found[f"report.{name}.v1"] = [*kept, *printed(example, name)]
    found["report.findings.v1"][:0] = printed(moved(Base(tmp_path_factory.mktemp("moved"), is_whole=True)), "findings")
    return found


def _matched(example: Base) -> Document:
    """What `kb match` says of an error that two records know, and of one that none does."""
    port = "Bind for 0.0.0.0:80 failed: port is already allocated."
    message = f"docker: driver failed programming external connectivity on endpoint a: {port}\nerror: no idea of it\n"
    with store.read(example.workspace.store) as opened:
        ready = look_up.opened(opened, example.workspace.scratch, example.workspace.settings.own_lines)
        question = look_up.Question(Thresholds(0.7, 0.05), explain=True)
        found: Document = json.loads(json.dumps(look_up.look_up(ready, look_up.of_message(message), question, DAY)))
    return found


def _exported(example: Base, folder: Path) -> dict[str, list[Document]]:
    """What `kb export` writes for other programs."""
    with store.read(example.workspace.store) as opened:
        export(opened, "site", folder / "site", "true", example.workspace)
        export(opened, "links", folder / "links.json", "true", pages="https://kb.example.org/{id}")
    lists = [folder / "site/index.json", *sorted((folder / "site/codes").iterdir())]
    return {
        "site.page.v1": [json.loads(path.read_bytes()) for path in lists],
        "site.domains.v1": [json.loads((folder / "site/domains.json").read_bytes())],
        "site.version.v1": [json.loads((folder / "site/version.json").read_bytes())],
        "links.v1": [json.loads((folder / "links.json").read_bytes())],
    }


def moved(base: Base) -> Base:
    """A base with findings that are new and findings that are fixed."""
    base.record("a", confidence=85)
    base.ingest()
    base.record("a", category=" usage_error ")
    base.put("raw/broken.json", b"{")
    base.ingest()
    return base


def printed(base: Base, name: str) -> Iterator[Document]:
    """What `kb report NAME --format json` prints, with every section that it can have, and with none cut."""
    with store.read(base.workspace.store) as opened:
        for options in (reports.Options(DAY, due=30, spread=3, limit=2), reports.Options(DAY, "git", "reproduced")):
            yield json.loads(render.document(reports.run(opened, reports.named(name), options)))


def _parsed(text: str, *, whole: bool = False) -> list[Document]:
    return [json.loads(part) for part in ([text] if whole else text.splitlines())]


@pytest.mark.long(every=3)
@pytest.mark.parametrize("name", OUTPUTS)
def test_all_that_is_written_and_printed_is_accepted(name: str, outputs: dict[str, list[Document]]) -> None:
    assert outputs[name]
    for document in outputs[name]:
        assert list(violations(document, name)) == []
        assert jsonschema_rs.validator_for(schema(name)).is_valid(document)


def test_the_samples_show_what_the_schemas_allow(outputs: dict[str, list[Document]]) -> None:
    """Else the tests of this file would prove little."""
    lines = outputs["change.v1"]
    assert any("after" not in change for change in lines)
    assert any(change.get("after", "") is None for change in lines)
    assert any(line["record"] is None for line in outputs["quarantine.v1"])
    assert any(line["line"] is None for line in outputs["finding.v1"])
    assert any(row["last_confirmed"] is None for row in outputs["report.stale.v1"][0]["rows"])
    assert any(set(record) - set(schema(contract.CURATED)["properties"]) for record in outputs[contract.CURATED])


@pytest.mark.parametrize("name", list(reports.REPORTS))
def test_a_report_on_nothing_is_accepted(name: str) -> None:
    with build.create(None) as empty:
        answer = reports.run(empty, reports.named(name), reports.Options(DAY, limit=0))
    assert list(violations(json.loads(render.document(answer)), f"report.{name}.v1")) == []


# what is not accepted


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_lacks_a_key_is_refused(name: str, outputs: dict[str, list[Document]]) -> None:
    for pointer, broken in _without_each_key(name, outputs[name]):
        assert list(violations(broken, name)), f"{name}: without {pointer}"


@pytest.mark.parametrize("name", [name for name in OUTPUTS if name != contract.CURATED])
def test_a_key_too_many_is_refused(name: str, outputs: dict[str, list[Document]]) -> None:
    for document in outputs[name]:
        assert list(violations({**document, "odd": 1}, name))


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("wrong", [[], {}, {"odd": [0]}, "odd\n", -1, True], ids=repr)
def test_a_value_of_another_kind_is_refused(name: str, wrong: Json, outputs: dict[str, list[Document]]) -> None:
    """Put a wrong value in the place of each value of the first document."""
    free = {"os_specific", "extensions", "before", "after", *(_odd_keys(outputs[contract.CURATED]))}
    document = outputs[name][0]
    for key, value in document.items():
        if key in free or _same_kind(value, wrong):
            continue
        assert list(violations({**document, key: wrong}, name)), f"{name}: {key} = {wrong!r}"


MUTATIONS: list[tuple[str, Callable[[Document], object]]] = [
    (contract.CURATED, lambda d: d.update(id="NO ID")),
    (contract.CURATED, lambda d: d.update(id="one-segment")),
    (contract.CURATED, lambda d: d.update(confidence=1.01)),
    (contract.CURATED, lambda d: d.update(confidence=None)),
    (contract.CURATED, lambda d: d.update(fix_success_rate=85)),
    (contract.CURATED, lambda d: d.update(resolvable=True)),
    (contract.CURATED, lambda d: d.update(first_seen="2024/6/1")),
    (contract.CURATED, lambda d: d.update(last_confirmed="2024-06-01\n")),
    (contract.CURATED, lambda d: d.update(subcategory="")),
    (contract.CURATED, lambda d: d.update(signature="  ")),
    (contract.CURATED, lambda d: d.update(schema_version="2")),
    (contract.CURATED, lambda d: d.update(extensions={})),
    (contract.CURATED, lambda d: d.update(tags=None)),
    (contract.CURATED, lambda d: d["dead_ends"][0].pop("condition")),
    (contract.CURATED, lambda d: d["dead_ends"][0].update(condition="")),
    (contract.CURATED, lambda d: d["dead_ends"][0].update(fail_rate="0.9")),
    (contract.CURATED, lambda d: d["workarounds"][0].update(sources=None)),
    (contract.CURATED, lambda d: d["transition_graph"].update(leads_to=["git/other"])),
    (contract.CURATED, lambda d: d["curation"].update(as_of="2026-11-22")),
    (contract.CURATED, lambda d: d["curation"].update(digest="sha256:1")),
    (contract.CURATED, lambda d: d["curation"]["flags"].append({"code": "DED001"})),
    (contract.CURATED, lambda d: d["curation"]["flags"].append({"code": "ded001", "pointer": ""})),
    ("links.v1", lambda d: d["links"][0].update(url="file:///x")),
    ("links.v1", lambda d: d.update(flags="")),
    ("propose.v1", lambda d: d.update(file="raw/x.json")),
    ("propose.v1", lambda d: d["missing"][0].update(code="sch002")),
    ("propose.v1", lambda d: d["existing"][0].update(by=[])),
    ("site.page.v1", lambda d: d.update(next="../x.json")),
    ("site.page.v1", lambda d: d["records"][0].update(url="https://example.org")),
    ("site.page.v1", lambda d: d["records"][0].update(status="withdrawn")),
    ("site.domains.v1", lambda d: d["domains"][0].update(records=0)),
    ("site.version.v1", lambda d: d.update(digest="sha256:0")),
    ("site.version.v1", lambda d: d["counts"].update(codes=-1)),
    ("tombstone.v1", lambda d: d.update(status="deprecated")),
    ("tombstone.v1", lambda d: d.update(by="Ada")),
    ("report.matching.v1", lambda d: d["swallowing"][0].update(others=0)),
    ("match.v1", lambda d: d.update(verdict="maybe")),
    ("match.v1", lambda d: d["answers"][0].update(score=1.5)),
    ("match.v1", lambda d: d["answers"][0].update(span=[0])),
    ("match.v1", lambda d: d["answers"][0].update(status="withdrawn")),
    ("match.v1", lambda d: d["answers"][0]["trust"].update(freshness="rotten")),
    ("match.v1", lambda d: d["answers"][0]["rivals"][0].update(by=["luck"])),
    ("match.v1", lambda d: d["taken"][0].update(matched=-1)),
    ("diff.v1", lambda d: d.update(commit="HEAD")),
    ("diff.v1", lambda d: d["removed"][0].update(quarantined=None)),
    ("diff.v1", lambda d: d["changed"][0].update(edits=[])),
    ("diff.v1", lambda d: d["changed"][0]["edits"][0].update(kind="moved")),
    ("diff.v1", lambda d: d["changed"][0]["edits"][0].update(pointer="confidence")),
    ("baseline.v1", lambda d: d.update(version=2)),
    ("baseline.v1", lambda d: d["findings"][0].update(count=0)),
    ("baseline.v1", lambda d: d["findings"][0].update(record=None)),
    ("baseline.v1", lambda d: d["findings"][0].update(fingerprint="0")),
    ("finding.v1", lambda d: d.update(code="D1")),
    ("finding.v1", lambda d: d.update(severity="fatal")),
    ("finding.v1", lambda d: d.update(pointer="dead_ends")),
    ("finding.v1", lambda d: d.update(line=0)),
    ("finding.v1", lambda d: d.update(position=-1)),
    ("change.v1", lambda d: d.update(record=None)),
    ("quarantine.v1", lambda d: d.update(findings=[])),
    ("quarantine.v1", lambda d: d["findings"][0].update(severity="info")),
    ("quarantine.v1", lambda d: d.update(encoding="latin-1")),
    ("manifest.v1", lambda d: d["counts"].update(records=-1)),
    ("manifest.v1", lambda d: d["counts"].update(other=1)),
    ("manifest.v1", lambda d: d["findings_by_code"].update(oops=1)),
    ("manifest.v1", lambda d: d["findings_by_code"].update(DED001=0)),
    ("manifest.v1", lambda d: d.update(as_of="today")),
    ("ingest.v1", lambda d: d.update(read=1.5)),
    ("ingest.v1", lambda d: d["findings"].update(oops=1)),
    ("ingest.v1", lambda d: d["finding_changes"].update(new=-1)),
    ("ingest.v1", lambda d: d["finding_changes"].pop("fixed")),
    ("validate.v1", lambda d: d["findings"][0].update(line=None)),
    ("validate.v1", lambda d: d["findings"][0].update(column=0)),
    ("validate.v1", lambda d: d["summary"].update(read=-1)),
    ("validate.v1", lambda d: d["findings"][0].update(fingerprint="x")),
    ("validate-line.v1", lambda d: d.update(fingerprint="x")),
    ("validate-line.v1", lambda d: d.update(line=None)),
    ("statistics.v1", lambda d: d["statistics"][0].update(count=0)),
    ("statistics.v1", lambda d: d["statistics"][0].update(code="ded001")),
    ("statistics.v1", lambda d: d["summary"].update(read=-1)),
    ("finding.v1", lambda d: d.update(fingerprint="ABC")),
    ("report.stale.v1", lambda d: d.update(report="tiers")),
    ("report.stale.v1", lambda d: d["rows"][0].update(time_to_live=0)),
    ("report.stale.v1", lambda d: d["totals"].update(declared=2)),
    ("report.confidence.v1", lambda d: d["rows"][0].update(factor=0.4)),
    ("report.confidence.v1", lambda d: d["histogram"].pop()),
    ("report.confidence.v1", lambda d: d["histogram"][0].update(range="all")),
    ("report.findings.v1", lambda d: d["codes"][0].update(new=-1)),
    ("report.findings.v1", lambda d: d["changes"][0].update(state="old")),
    ("report.findings.v1", lambda d: d["changes"][0].update(record=None)),
    ("report.tiers.v1", lambda d: d["rows"][0].update(records=0)),
    ("report.tiers.v1", lambda d: d["rows"][0].update(share=31)),
    ("report.stale.v1", lambda d: d["forecast"].pop()),
    ("report.stale.v1", lambda d: d["found"].pop("rows")),
    ("report.queue.v1", lambda d: d["rows"][0].update(risk=1.01)),
    ("report.queue.v1", lambda d: d["rows"][0].update(why="")),
    ("report.sources.v1", lambda d: d["hosts"][0].update(records=0)),
    ("report.sources.v1", lambda d: d["single"][0].update(sources=2)),
    ("report.quality.v1", lambda d: d["figures"].pop("stale_share")),
    ("report.quality.v1", lambda d: d["freshness"].pop()),
    ("report.quality.v1", lambda d: d["findings"][0].update(code="D1")),
    ("metrics.v1", lambda d: d.update(records=0.5)),
    ("report.calibration.v1", lambda d: d.update(scores=None)),
    ("report.calibration.v1", lambda d: d["bins"].append({"range": "all"})),
    ("event.v1", lambda d: d.update(digest="1")),
    ("event.v1", lambda d: d.update(by="Ada")),
    ("gate.v1", lambda d: d["limits"][0].update(scope="everything")),
    ("gate.v1", lambda d: d["limits"][0].update(limit="max_age")),
    ("metrics.v1", lambda d: d.update(stale_share=1.1)),
]


@pytest.mark.parametrize(("name", "mutate"), MUTATIONS, ids=[f"{name}-{i}" for i, (name, _) in enumerate(MUTATIONS)])
def test_a_mutation_is_refused(
    name: str, mutate: Callable[[Document], object], outputs: dict[str, list[Document]]
) -> None:
    document = copy.deepcopy(outputs[name][0])
    mutate(document)
    assert document != outputs[name][0]
    assert list(violations(document, name))


def test_every_schema_is_mutated() -> None:
    missing = set(OUTPUTS) - {name for name, _ in MUTATIONS}
    assert not missing, f"list a change that they refuse in MUTATIONS, for {', '.join(sorted(missing))}"


def _without_each_key(name: str, documents: list[Document]) -> Iterator[tuple[str, Document]]:
    for key in schema(name)["required"]:
        yield key, {k: v for k, v in documents[0].items() if k != key}


def _odd_keys(records: list[Document]) -> set[str]:
    return {key for record in records for key in set(record) - set(schema(contract.CURATED)["properties"])}


def _same_kind(value: Json, wrong: Json) -> bool:
    """Whether the wrong value may well be a right one: an empty list for a list, a text for a text."""
    if isinstance(value, list | dict):
        return type(value) is type(wrong) and not wrong
    if isinstance(value, bool):
        return isinstance(wrong, bool)
    return (value is None or isinstance(value, str)) and isinstance(wrong, str)
