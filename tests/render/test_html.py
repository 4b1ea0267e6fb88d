"""The page as a file: whole, closed, the same every time, and true to the reports. What it does is in test_browser.py."""

import base64
import hashlib
import html as markup
import json
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from importlib import import_module

import pytest

from kb import reports
from kb.errors import KbError
from kb.jobs.doctor import doctor
from kb.model import Document
from kb.render.html import data
from kb.render.html.charts import library
from kb.render.html.portable import portable
from kb.rules.example import with_changes
from kb.settings import ReportSettings
from tests.bases import DAY, Base, reading, record
from tests.render import pages
from tests.render.pages import held

pytestmark = [pytest.mark.whole, pytest.mark.long(every=3)]


@pytest.mark.parametrize("missing", ["altair", "vl_convert"])
def test_without_its_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "kb.render.html.charts", raising=False)
    with pytest.raises(KbError, match=rf"^the page of a base needs {missing}, .*`pip install 'kb-curation\[html\]'`"):
        import_module("kb.render.html.charts")


class Elements(HTMLParser):
    """The elements of a page as a browser takes them apart, with the text of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._open = tag
        if tag in self.texts:
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - HTMLParser names it
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in self.texts:
            self.texts[self._open][-1] += data

    def code(self) -> list[str]:
        """The scripts that are run."""
        scripts = [attributes for tag, attributes in self.found if tag == "script"]
        return [text for text, given in zip(self.texts["script"], scripts, strict=True) if "type" not in given]


@pytest.fixture(scope="module")
def html(example: Base) -> str:
    return pages.of(example)


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory) -> str:
    return pages.of(pages.fill_with_harm(Base(tmp_path_factory.mktemp("harm"), is_whole=True)))


def quality(base: Base) -> reports.Answer:
    with reading(base.workspace.store) as opened:
        return reports.run(opened, reports.named("quality"), reports.Options(DAY))


# closed


def test_nothing_in_it_leads_elsewhere_but_to_read(html: str) -> None:
    asks = {"src", "srcset", "action", "data", "poster", "background", "formaction", "ping"}
    elements = Elements(html).found
    assert [(tag, name) for tag, given in elements for name in given if name in asks] == []
    assert [given["href"] for tag, given in elements if "href" in given] == ["data:,", "#search"]


def test_its_policy_allows_its_own_code_and_nothing_else(html: str) -> None:
    elements = Elements(html)
    policy = next(given["content"] for tag, given in elements.found if given.get("http-equiv"))
    rules = {name: rest for name, _, rest in (part.partition(" ") for part in (policy or "").split("; "))}
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == [digest(text) for text in elements.code()]
    assert rules["style-src"].split() == [digest(text) for text in elements.texts["style"]]
    assert "unsafe" not in (policy or "")
    assert [name for _, given in elements.found for name in given if name.startswith("on") or name == "style"] == []


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_no_text_of_a_record_becomes_an_element(html: str, harmful: str) -> None:
    def kinds(page: str) -> set[str]:
        return {tag for tag, _ in Elements(page).found}

    assert kinds(harmful) <= kinds(html)
    assert len(Elements(harmful).code()) == len(Elements(html).code())


@pytest.mark.parametrize("text", [pages.BREAKOUT, pages.IMAGE, pages.SEPARATORS, "&lt;", "<!-- <script>"])
def test_data_cannot_end_the_element_that_holds_it(text: str) -> None:
    held_text = str(data({"text": text}))
    assert not set(held_text) & set("<>&\u2028\u2029")
    assert json.loads(held_text) == {"text": text}


def test_what_turns_the_direction_of_text_is_spelled_out(harmful: str) -> None:
    (whole,) = [r for r in held(harmful, "chunk-0") if r["id"] == "git/harm"]
    assert whole["doc"]["root_cause_zh"] == r"safe\u202egnp.exe"
    assert whole["doc"]["tags"][0] == r"before\u2028between\u2029after"
    (torn,) = [r for r in held(harmful, "rejected") if r["origin"] == "raw/git/torn.json"]
    assert r"safe\u202egnp.exe" in torn["raw"]


# the same


def test_the_same_base_gives_the_same_bytes(example: Base, html: str) -> None:
    assert pages.of(example) == html


def test_nothing_of_the_machine_or_the_hour_is_in_it(example: Base, html: str) -> None:
    own = html.replace(library(), "")
    assert len(own) < len(html)
    assert str(example.root) not in own
    assert re.findall(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d", own) == []


# true


def test_the_charts_say_what_the_quality_report_says(example: Base, html: str) -> None:
    charts = {
        chart["key"]: {bar["key"]: bar["all"] for bar in chart["bars"]} for chart in held(html, "facts")["charts"]
    }
    answer = quality(example)
    for key, section in (("tier", "tiers"), ("freshness", "freshness"), ("domain", "domains"), ("host", "hosts")):
        rows = answer.part(section).rows.records()
        first = answer.part(section).rows.columns[0]
        told = {row[first]: row["records"] for row in rows if row["records"] or key == "freshness"}
        assert charts[key].items() <= told.items()
        assert len(charts[key]) == min(len(told), 40)
    assert list(charts["tenth"].values()) == [row["records"] for row in answer.part("trust").rows.records()]


def test_the_rows_add_up_to_the_charts(html: str) -> None:
    rows = held(html, "rows")
    for chart in held(html, "facts")["charts"]:
        values = rows[chart["key"]]
        counted = Counter(item for value in values for item in (value if isinstance(value, list) else [value]))
        assert [counted[place] for place in range(len(chart["bars"]))] == [bar["all"] for bar in chart["bars"]]


def test_the_figures_at_the_top_are_those_of_the_quality_report(example: Base, html: str) -> None:
    told = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html))
    (figures,) = quality(example).part("figures").rows.records()
    assert told["records"] == str(figures["records"])
    assert told["mean confidence, effective"] == f"{figures['mean_effective_confidence']:.2f}"
    assert told["stale or never confirmed"] == str(figures["stale"] + figures["never_confirmed"])
    assert told["in quarantine"] == str(figures["quarantined"])


def test_the_rows_stand_in_the_order_of_the_queue(example: Base, html: str) -> None:
    with reading(example.workspace.store) as opened:
        queue = reports.run(opened, reports.named("queue"), reports.Options(DAY)).part("rows").rows.records()
    rows = held(html, "rows")
    assert rows["id"][: len(queue)] == [row["id"] for row in queue]
    assert rows["why"][: len(queue)] == [row["why"] for row in queue]


def test_a_whole_record_has_all_that_is_known_of_it(example: Base, html: str) -> None:
    assert [one["id"] for one in held(html, "chunk-0")] == held(html, "rows")["id"]
    (whole,) = [one for one in held(html, "chunk-0") if one["id"] == "tensorflow/optimizer-nan-loss"]
    assert whole["doc"] == json.loads(
        (example.workspace.curated / "records/tensorflow/optimizer-nan-loss.json").read_bytes()
    )
    assert Counter(finding["code"] for finding in whole["findings"]) == {
        "DED001": 2, "RAT007": 1, "EVD002": 3, "EVD005": 1, "VER001": 3, "LOC001": 1,
    }  # fmt: skip
    assert next((c["code"], c["before"], c["after"]) for c in whole["changes"]) == ("TXT003", '""', "null")
    assert whole["origin"] == "raw/tensorflow/optimizer-nan-loss.json"
    assert set(held(html, "facts")["rules"]) >= {finding["code"] for finding in whole["findings"]}


def test_a_rule_of_ones_own_is_explained_as_any_other(base: Base) -> None:
    header = b"-- code: ORG001\n-- name: sure-enough\n-- severity: info\n-- text: Is sure.\n--\n-- Ask Ada.\n"
    base.configure("[export]\nhtml = true")
    base.put("rules/sure.sql", header + b"SELECT id, '/confidence' AS pointer, 'no' AS message FROM records")
    base.record("a")
    base.ingest()
    told = {"name": "sure-enough", "severity": "info", "summary": "Is sure.", "prose": "Ask Ada."}
    for html in (pages.of(base), base.curated()["reports/index.html"].decode()):
        facts = held(html, "facts")
        assert facts["rules"]["ORG001"] == told
        (codes,) = [chart["bars"] for chart in facts["charts"] if chart["key"] == "code"]
        assert "ORG001 sure-enough" in {bar["label"] for bar in codes}


def test_what_is_put_up_with_is_told_and_not_counted(base: Base) -> None:
    base.record("a", last_confirmed=None)
    base.configure('[[suppress]]\nrecord = "git/a"\ncode = "DAT006"\nreason = "nobody has the hardware"')
    base.ingest()
    html = pages.of(base)
    ((finding,),) = [whole["findings"] for whole in held(html, "chunk-0")]
    assert (finding["code"], finding["suppressed"]) == ("DAT006", "nobody has the hardware")
    assert held(html, "rows")["warnings"] == [0]
    assert "<dt>with findings</dt><dd>0</dd>" in html


def test_who_names_a_record_is_told_with_it(base: Base) -> None:
    graph = {"leads_to": ["git/b"], "preceded_by": [], "frequently_confused_with": []}
    base.record("a", transition_graph=graph, confidence=0.9)
    base.record("b", confidence=1)
    base.ingest()
    named = {whole["id"]: whole["named_by"] for whole in held(pages.of(base), "chunk-0")}
    assert named == {"git/a": [], "git/b": [{"kind": "leads_to", "id": "git/a"}]}


def test_a_page_of_one_domain_has_its_records_alone(example: Base) -> None:
    html = pages.of(example, domain="docker")
    assert {name.split("/")[0] for name in held(html, "rows")["id"]} == {"docker"}
    assert "domain docker" in html


def test_an_empty_base_has_a_page(base: Base) -> None:
    base.put("raw/git/broken.json", b"{")
    base.ingest()
    html = pages.of(base)
    assert held(html, "rows")["id"] == []
    assert "<dt>in quarantine</dt><dd>1</dd>" in html


# bounded


def many(count: int) -> list[Document]:
    return [record(f"r{i:04}", confidence=(i % 90) / 100 + 0.1, signature=f"error {i}") for i in range(count)]


def test_only_the_riskiest_are_whole(base: Base) -> None:
    base.put("raw/git.json", many(300))
    base.ingest()
    html = pages.of(base, limit=100)
    ids = held(html, "rows")["id"]
    whole = [r["id"] for number in range(2) for r in held(html, f"chunk-{number}")]
    assert len(ids) == 300
    assert whole == ids[:100]
    assert 'id="chunk-2"' not in html
    assert "100 records, those of the highest risk, are in this page whole" in html


def test_of_the_others_are_the_words_but_for_addresses(base: Base) -> None:
    base.put("raw/git.json", many(7))
    base.ingest()
    html = pages.of(base, limit=5)
    others = held(html, "words-0")
    assert len(others) == 2
    for name, words in zip(held(html, "rows")["id"][5:], others, strict=True):
        said = json.loads((base.workspace.curated / f"records/{name}.json").read_bytes())
        assert set(said["root_cause"].lower().split()) <= set(words.split("\n"))
        assert "http" not in words.replace(said["official_doc_url"] or "http", "")
    assert 'id="words-1"' not in html


def test_every_pattern_is_in_it_in_the_order_of_the_rows(example: Base, html: str) -> None:
    regexes = dict(example.query("SELECT id, regex FROM records"))
    assert held(html, "patterns") == [portable(regexes[name]) for name in held(html, "rows")["id"]]
    assert None not in held(html, "patterns")


def test_every_rejected_record_is_listed_and_the_first_are_shown(base: Base) -> None:
    base.record("good")
    base.put("raw/bad.json", [record(f"bad{number}", confidence=85) for number in range(4)])
    base.ingest()
    rejected = held(pages.of(base, limit=1), "rejected")
    assert [row["id"] for row in rejected] == [f"git/bad{number}" for number in range(4)]
    assert [bool(row["raw"]) for row in rejected] == [True, False, False, False]
    assert {row["findings"][0]["code"] for row in rejected} == {"RAT001"}


def test_a_rejected_record_is_cut(base: Base) -> None:
    base.record("good")
    base.put("raw/git/bad.json", b'{"id": "' + b"x" * 50_000)
    base.ingest()
    (rejected,) = held(pages.of(base), "rejected")
    assert (len(rejected["raw"]), rejected["raw_size"], rejected["size"]) == (4000, 4000, 50_008)


# in curated/


def test_it_is_in_curated_where_the_settings_want_it(base: Base) -> None:
    base.record("a")
    base.ingest()
    assert "reports/index.html" not in base.curated()
    base.configure("[export]\nhtml = true")
    base.ingest()
    written = base.curated()["reports/index.html"].decode()
    assert held(written, "rows")["id"] == ["git/a"]
    assert markup.unescape(written).count("What moved") == 0, "what is in curated/ follows from the base alone"
    assert doctor(base.workspace) == []
    base.configure("")
    base.ingest()
    assert "reports/index.html" not in base.curated()


def test_the_same_page_comes_of_a_fresh_ingest(base: Base, tmp_path_factory: pytest.TempPathFactory) -> None:
    base.configure("[export]\nhtml = true")
    base.put("raw/git/a.json", with_changes({"/id": "git/a"}))
    base.ingest()
    base.record("b", confidence=0.5)
    base.ingest()
    fresh = base.again(tmp_path_factory.mktemp("fresh"))
    assert base.curated() == fresh.curated()


# what concerns most records


def test_what_most_records_have_is_counted_for_the_base_and_not_for_each(example: Base) -> None:
    plain, folded = (pages.of(example, common=ReportSettings(common_share=0.1, common_from=least)) for least in (50, 2))
    (common,) = [json.loads(text)["common"] for text in re.findall(r'id="facts">(.*?)</script>', folded)]
    assert common
    found = [{finding["code"] for finding in whole["findings"]} for whole in held(folded, "chunk-0")]
    assert {code: sum(code in codes for codes in found) for code in common} == {c: n for c, (n, _) in common.items()}
    assert f"Most records have {', '.join(common)}" in folded
    for before, after in zip(held(plain, "chunk-0"), held(folded, "chunk-0"), strict=True):
        assert before == after, "a record is told whole all the same"
    counted = [sum(held(page, "rows")["warnings"]) + sum(held(page, "rows")["infos"]) for page in (plain, folded)]
    assert counted[0] > counted[1]
