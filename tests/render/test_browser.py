"""What a curator does with the page, in a real browser: headless Chromium, driven by Playwright."""

import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import pytest
import re2

from kb.analysis.regexes import options
from kb.render.html import asset
from kb.render.html.portable import portable
from kb.settings import ReportSettings
from tests.bases import Base, record
from tests.render import hostile, pages

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, FloatRect, Locator, Page

    Scheme = Literal["light", "dark"]

sync_api = pytest.importorskip("playwright.sync_api", reason="driving a browser needs playwright (in the dev extra)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine; install chromium"),
    pytest.mark.long(every=7),  # to open a page takes a second of a core
]

QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip

NAN_LOSS = "tensorflow/optimizer-nan-loss"
RISKIEST = "nginx/worker-connections-not-enough"
QUEUE = 'tr[id^="line-"]'


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(example: Base, tmp_path_factory: pytest.TempPathFactory) -> str:
    return pages.write(pages.of(example), tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory) -> str:
    base = pages.fill_with_harm(Base(tmp_path_factory.mktemp("harm")))
    return pages.write(pages.of(base), tmp_path_factory.mktemp("page"))


class Look:
    """A page that is open, and everything that it asked for or complained of."""

    def __init__(self, browser: "Browser", address: str, width: int, height: int, scheme: "Scheme") -> None:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        context.set_default_timeout(20_000)
        self.page = context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(address)
        self.page.wait_for_selector("html[data-ready=texts]", state="attached")

    def search(self, text: str) -> None:
        """Search, and wait until all patterns were tried."""
        self.page.fill("#search", text)
        self.settle()

    def settle(self) -> None:
        """Wait until the list is that of what stands in the search."""
        self.page.wait_for_selector("#table[aria-busy=false]", state="attached")

    def titles(self) -> list[str]:
        """The ids of the records in sight, in order."""
        return list(self.page.locator(f"{QUEUE} .path bdi").all_inner_texts())

    def status(self) -> str:
        return str(self.page.inner_text("#status"))

    def counts(self) -> list[str]:
        """What the tabs say: the queue, all records, quarantine."""
        return list(self.page.locator("[data-view] .count").all_inner_texts())

    def paste(self, text: str) -> None:
        """Paste a text into the search, as from another window."""
        self.page.evaluate(
            "text => document.body.append(Object.assign(document.createElement('textarea'), {value: text}))", text
        )
        self.page.locator("body > textarea").press("Control+A")
        self.page.locator("body > textarea").press("Control+C")
        self.page.evaluate("document.querySelector('body > textarea').remove()")
        self.page.fill("#search", "")
        self.page.locator("#search").press("Control+V")
        self.settle()

    def choose(self, chart: str, place: int, of: int) -> None:
        """Click into the row of a bar."""
        plot = self.page.locator(f"#chart-{chart} .plot")
        plot.click(position={"x": 40, "y": 5 + (box(plot.locator("svg"))["height"] - 10) * (place + 0.5) / of})


def box(locator: "Locator") -> "FloatRect":
    found = locator.bounding_box()
    assert found
    return found


Open = Callable[..., Look]


@pytest.fixture
def look(browser: "Browser") -> Iterator[Open]:
    opened: list[Look] = []

    def at(address: str, width: int = 1440, height: int = 900, scheme: "Scheme" = "light") -> Look:
        opened.append(Look(browser, address, width, height, scheme))
        return opened[-1]

    yield at
    for one in opened:
        one.page.context.close()
        assert one.complaints == []
        assert [url for url in one.requests if not url.startswith("file:") and url != "data:,"] == []


# to open


@pytest.mark.long(every=1)
def test_it_asks_for_nothing_but_itself(look: Open, address: str) -> None:
    seen = look(address)
    assert [url for url in seen.requests if url != "data:,"] == [address]
    assert seen.page.title() == "Knowledge base, 2026-11-22"


def test_it_opens_with_the_riskiest_record_beside_the_queue(look: Open, address: str) -> None:
    seen = look(address)
    assert seen.titles()[0] == RISKIEST
    assert RISKIEST in seen.page.inner_text("#record header")


def test_a_record_says_what_it_is_worth_and_what_speaks_against_it(look: Open, address: str) -> None:
    reader = look(f"{address}#record/{quote(NAN_LOSS, safe='')}").page.inner_text("#record")
    assert "0.30 = min(0.90 declared, 0.60 ceiling) × 0.50 freshness" in reader
    assert "capped at 0.60 (1 source, ai_generated)" in reader
    assert "904 days old, limit 365, so × 0.50" in reader
    assert "Risk 0.56, number 2 of 45 in the queue" in reader
    assert "0.30 findings: DED001×2, LOC001" in reader


def test_english_and_chinese_stand_side_by_side(look: Open, address: str) -> None:
    seen = look(address)
    pair = seen.page.locator("#record .pair").first
    english, chinese = (box(pair.locator("> *").nth(place)) for place in (0, 1))
    assert pair.locator("[lang=zh]").count() == 1
    assert english["y"] == chinese["y"]
    assert english["x"] + english["width"] < chinese["x"] + 1


def test_a_finding_is_explained_where_it_stands(look: Open, address: str) -> None:
    seen = look(f"{address}#record/{quote(NAN_LOSS, safe='')}")
    finding = seen.page.locator("#record .findings li", has_text="DED001")
    assert "does not say what not to try" in finding.inner_text()
    finding.locator("summary").click()
    assert "A good record says in every dead end what not to try" in finding.inner_text()


# to find


def test_what_most_records_have_comes_last_and_folded(look: Open, example: Base, tmp_path: Path) -> None:
    options = {"common": ReportSettings(common_share=0, common_from=1)}
    page = look(pages.write(pages.of(example, **options), tmp_path)).page
    folded = page.locator(".reader details.common")
    said = folded.locator("p").first
    assert not said.is_visible()
    folded.locator("summary").first.click()
    assert re.fullmatch(r"[A-Z]{3}\d{3} concerns \d+ of \d+ records\.", said.inner_text())


def test_search_finds_what_only_the_whole_record_says(look: Open, address: str) -> None:
    seen = look(address)
    seen.page.click("[data-view=all]")
    seen.search("clip_by_global_norm")
    assert "1 of 45" in seen.status()
    assert seen.titles() == [NAN_LOSS]
    seen.search("梯度爆炸")
    assert "1 of 45" in seen.status()
    assert seen.titles() == [NAN_LOSS]


def test_search_wants_every_word_and_any_case(look: Open, address: str, example: Base) -> None:
    seen = look(address, height=6000)
    seen.page.click("[data-view=all]")
    seen.search("DOCKER permission")
    assert " of 45" in seen.status()
    texts = {
        name.removeprefix("records/").removesuffix(".json"): text.decode().lower()
        for name, text in example.curated().items()
        if name.startswith("records/")
    }
    told = {name for name, text in texts.items() if "docker" in text and "permission" in text}
    assert set(seen.titles()) == told
    assert 0 < len(told) < 45
    seen.search("no such words anywhere")
    seen.page.wait_for_selector("#nothing:visible")
    seen.page.click("#clear")
    assert seen.status() == "45 records"


def test_search_covers_every_record_however_few_are_whole(look: Open, base: Base, tmp_path: Path) -> None:
    base.put(
        "raw/git.json",
        [record(f"r{i:03}", root_cause=f"Nobody knows the word{i:03} that it wants.") for i in range(90)],
    )
    base.put("raw/bad.json", [record(f"bad{i:03}", confidence=85) for i in range(9)])
    base.ingest()
    seen = look(pages.write(pages.of(base, limit=5), tmp_path))
    for number in (0, 4, 5, 89):
        seen.search(f"Word{number:03} nobody")
        assert "1 of " in seen.status()
        assert seen.titles() == [f"git/r{number:03}"]
    seen.search("bad008")
    seen.page.click("[data-view=quarantine]")
    assert seen.status() == "1 of 9 records"
    assert "kb quarantine lists all" in seen.page.inner_text("#record")


def test_a_search_that_finds_nothing_in_the_queue_goes_on_in_all_records(
    look: Open, address: str, example: Base
) -> None:
    ids = example.column("SELECT id FROM review_queue(DATE '2026-11-22') WHERE risk = 0 ORDER BY id")
    seen = look(address)
    seen.search(str(ids[0]))
    seen.page.wait_for_selector("[data-view=all][aria-pressed=true]")
    assert seen.titles() == [ids[0]]
    seen.search("linker-cc")
    seen.page.get_by_role("button", name="1 in Quarantine").click()
    assert seen.status() == "1 of 8 records"


def in_sight(seen: Look) -> bool:
    """Whether the first match lies between the tools, which stay at the top, and the end of the screen."""
    row, tools = (box(seen.page.locator(one)) for one in ("#line-0", "#toolbar"))
    return (
        abs(tools["y"]) < 2
        and row["y"] >= tools["height"]
        and row["y"] + row["height"] <= seen.page.evaluate("innerHeight")
    )


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (375, 812)])
def test_what_is_found_is_on_the_screen_in_every_tab(look: Open, address: str, width: int, height: int) -> None:
    seen = look(address, width=width, height=height)
    assert not in_sight(seen), "at first the figures are"
    seen.page.keyboard.press("/")
    seen.page.keyboard.type("port")
    seen.settle()
    assert " of 40" in seen.status()
    assert in_sight(seen)
    for view in ("all", "quarantine", "queue"):
        seen.page.mouse.wheel(0, 900)
        seen.page.wait_for_function("scrollY > 0")
        seen.page.click(f"[data-view={view}]")
        assert in_sight(seen), view
    seen.page.mouse.wheel(0, 900)
    seen.search("docker")
    assert "10 of 40" in seen.status()
    assert in_sight(seen)


def test_each_tab_counts_what_of_its_rows_matches(look: Open, address: str) -> None:
    seen = look(address, height=6000)
    assert seen.counts() == ["40", "45", "8"]
    seen.search("docker")
    assert "10 of 40" in seen.status()
    counts = seen.counts()
    for view, said in zip(("queue", "all", "quarantine"), counts, strict=True):
        seen.page.click(f"[data-view={view}]")
        assert seen.status() == f"{said} records"
        assert seen.page.locator(QUEUE).count() == int(said.split()[0])
        assert seen.counts() == counts
    seen.page.click("[data-view=all]")
    seen.choose("tier", 2, of=5)
    assert seen.counts()[1] == seen.status().removesuffix(" records")
    assert seen.counts()[2] == counts[2], "a chart counts published records"


# to read


def test_what_helps_comes_before_what_was_found(look: Open, address: str) -> None:
    seen = look(f"{address}#record/{quote(NAN_LOSS, safe='')}")
    titles = [re.sub(r" \(\d+\)$", "", title) for title in seen.page.locator("#record h3").all_inner_texts()]
    assert titles[:5] == ["Root cause", "Dead ends", "Workarounds", "Trust", "Findings"]
    assert "0.30 of 0.90 confidence · risk 0.56 · stale · ai_generated" in seen.page.inner_text("#record header")


def test_a_legend_says_what_is_counted(look: Open, address: str) -> None:
    seen = look(address)
    assert not seen.page.is_visible("#legend dl")
    seen.page.click("#explain")
    legend = seen.page.inner_text("#legend dl")
    words = {"error", "warning", "info", "declared", "effective", "Queue", "All records", "Quarantine", "Risk", "Tier"}
    words |= set(seen.page.locator("#chart-freshness .choose bdi").all_text_contents())
    words |= set(seen.page.locator("#chart-tier .choose bdi").all_text_contents())
    assert {word for word in words if word not in legend} == set()
    assert "the time to live (365 days)" in legend
    assert box(seen.page.locator("#legend dl"))["y"] < 900


def test_the_queue_on_a_phone_says_what_to_do_and_why(look: Open, address: str) -> None:
    seen = look(address, width=375, height=812)
    seen.page.click("[data-view=queue]")
    first = seen.page.locator("#line-0")
    said = first.inner_text().split("\n")
    assert said[:3] == ["768 worker_connections are not enough", RISKIEST, "risk 0.73 · stale · ai_generated"]
    assert said[3:6] == [
        "Settle findings: TXT006, DED004, EVD006 and 1 more",
        "Add sources: 0, ai_generated",
        "Confirm again: 1018 days, limit 365",
    ]
    cell = box(first)
    for part in first.locator(".subject > span, .task:visible").all():
        place = box(part)
        assert cell["y"] <= place["y"] <= place["y"] + place["height"] <= cell["y"] + cell["height"]


# to recognise


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("docker: Bind for 127.0.0.1:9443 failed: port is already allocated.", "docker/port-already-allocated"),
        ('psql:x.sql:3: ERROR:  relation "public.orders_2031" does not exist', "postgres/relation-does-not-exist"),
        ("IMPORTERROR: CANNOT IMPORT NAME 'q' FROM PARTIALLY INITIALIZED MODULE 'w'", "python/circular-import"),
    ],
)
def test_an_error_with_other_values_finds_its_record_by_its_pattern(
    look: Open, address: str, text: str, name: str
) -> None:
    seen = look(address)
    seen.search(text)
    assert "1 by its pattern" in seen.status()
    assert seen.titles() == [name]
    assert in_sight(seen)
    assert name in seen.page.inner_text("#record header")
    assert "its pattern matches" in seen.page.inner_text("#record header")


def test_on_a_phone_it_is_not_cut_that_a_pattern_matches(look: Open, address: str) -> None:
    seen = look(address, width=375, height=812)
    seen.search("docker: Bind for 127.0.0.1:9443 failed: port is already allocated.")
    assert "1 by its pattern" in seen.status()
    hit, line = (seen.page.locator(f"#table {part}").first.bounding_box() for part in (".hit", ".path:has(.hit)"))
    assert hit
    assert line
    assert hit["x"] + hit["width"] <= line["x"] + line["width"]


def test_a_pasted_log_keeps_its_lines(look: Open, base: Base, tmp_path: Path) -> None:
    base.record("a", regex="^fatal: code [0-9]+$")
    base.record("b", regex="unlike")
    base.ingest()
    seen = look(pages.write(pages.of(base), tmp_path))
    log = "Cloning into 'x'\nfatal: code 4711\nCleaning up"
    seen.paste(log)
    assert "1 by its pattern" in seen.status()
    assert seen.titles() == ["git/a"]
    seen.search(log.replace("\n", " ") + " now")
    seen.page.wait_for_selector("#nothing:visible")


def test_no_pattern_keeps_the_page_waiting(look: Open, base: Base, tmp_path: Path) -> None:
    """The first four would take a backtracking engine for ever; JavaScript would not take the others, or read them otherwise."""
    patterns = [
        "(a+)+$", "(a|a)*c", "(?:(?:a?){20}){20}b", "x(?:a*)*(?:a*)*z",
        "(?<n>a)(?P=n)b", "(?i)[[:alpha:]]+!", "a{,3}!", "((?:a){1000}",
    ]  # fmt: skip
    for number, regex in enumerate(patterns):
        base.record(f"r{number}", regex=regex)
    base.record("true", regex="reason: [a-z]+ was [0-9]+ bytes")
    base.ingest()
    seen = look(pages.write(pages.of(base), tmp_path))
    seen.search(f"x {'a' * 12_000} the reason: it was 12 bytes")
    assert "by its pattern; 1 pattern not tried, for lack of time" in seen.status()
    assert seen.titles()[0] == "git/true"
    seen.search("fatal")
    assert "pattern" not in seen.status()


def test_the_page_matches_as_re2_does(browser: "Browser") -> None:
    pieces = [
        "a",
        "b",
        "ab",
        "A",
        "é",
        "-",
        " ",
        r"\n",
        "(?:",
        ")",
        "(",
        "|",
        "*",
        "+",
        "?",
        "{0,2}",
        "{2}",
        "{1,}",
        "*?",
    ]
    pieces += [
        "??",
        ".",
        r"\d",
        r"\W",
        r"\w",
        r"\s",
        r"\S",
        "[ab]",
        "[^a]",
        r"[^\W]",
        r"[a-c\d]",
        r"\b",
        r"\B",
        "^",
        "$",
    ]
    pieces += [r"\A", "(?s)", "(?i:", "1"]
    chance = random.Random(1)  # noqa: S311 - texts, not secrets
    cases: list[tuple[str, object, str, bool]] = []
    settings = options()
    settings.longest_match = True
    while len(cases) < 2_000:
        regex = "".join(chance.choices(pieces, k=chance.choice((1, 2, 3, 5, 7, 9))))
        node = portable(regex)
        if node is not None:
            text = "".join(chance.choices("abAB1 x_-\nécC", k=chance.randint(0, 9)))
            matches = re2.compile(f"(?m){regex}", settings).finditer(text)
            cases.append((regex, node, text, any(match.end() > match.start() for match in matches)))
    page = browser.new_page()
    code = "const read = readable(text); return read.whole.includes(fixedPart(node)) && matchesText(program(node), read, 1e6);"
    said = page.evaluate(
        f"cases => {{ {asset('pattern.js')} return cases.map(([, node, text]) => {{ {code} }}); }}", cases
    )
    page.close()
    assert [case for case, one in zip(cases, said, strict=True) if one is not case[3]] == []
    assert 200 < sum(said) < 1_800


# to sort and choose


@pytest.mark.parametrize(
    ("column", "cells", "value"),
    [
        ("effective", "td.worth", lambda text: -float(text.split()[0])),
        ("risk", "td.risk", lambda text: -float(text)),
        ("record", "td .path", str),
    ],
)
def test_sort_sorts_and_turns_round(
    look: Open, address: str, column: str, cells: str, value: Callable[[str], str]
) -> None:
    seen = look(address, height=6000)
    seen.page.click("[data-view=all]")
    if column != "risk":
        seen.page.click(f"[data-sort={column}]")

    def shown() -> list[str]:
        return [value(text) for text in seen.page.locator(f"{QUEUE} {cells}").all_inner_texts()]

    first = shown()
    assert len(first) == 45
    assert first == sorted(first)
    seen.page.click(f"[data-sort={column}]")
    assert shown() == sorted(first, reverse=True)
    assert seen.page.get_attribute(f"th.c-{column}", "aria-sort") in {"ascending", "descending"}


def test_a_click_into_a_chart_leaves_what_it_counts(look: Open, address: str) -> None:
    seen = look(address, height=6000)
    seen.page.click("[data-view=all]")
    seen.choose("tier", 2, of=5)
    assert seen.status() == "14 of 45 records"
    assert len(seen.titles()) == 14
    assert seen.page.text_content("#chips") == "tier: human_reviewed, take away"
    seen.choose("freshness", 2, of=4)
    both = int(seen.status().split()[0])
    assert 0 < both < 14
    drawn = [int(text) for text in seen.page.locator("#chart-tier .counts_marks text").all_text_contents()]
    assert (drawn[2], sum(drawn)) == (both, 14), "each chart counts what the other choices leave: here 14 are stale"
    seen.page.locator("#chips button").first.click()
    seen.page.locator("#chips button").first.click()
    assert seen.status() == "45 records"


def test_a_bar_tells_its_figure_under_the_pointer(look: Open, address: str) -> None:
    seen = look(address)
    seen.page.locator("#chart-tier .plot").hover(position={"x": 200, "y": 20})
    assert seen.page.inner_text("#tip") == "reproduced\n5 records"
    seen.page.mouse.move(2, 2)
    assert not seen.page.is_visible("#tip")


def test_charts_begin_with_what_the_figures_below_them_say(look: Open, address: str) -> None:
    seen = look(address)
    for key in ("tier", "freshness", "code", "domain", "host"):
        drawn = seen.page.locator(f"#chart-{key} .counts_marks text").all_text_contents()
        places = [name.strip() for name in seen.page.locator(f"#chart-{key} thead th").all_text_contents()]
        rows = seen.page.locator(f"#chart-{key} tbody tr").all()[: len(drawn)]
        told = [row.locator("th, td").nth(places.index("records")).text_content() for row in rows]
        assert drawn == told, key


def test_filters_do_what_charts_do(look: Open, address: str) -> None:
    seen = look(address, height=6000)
    seen.page.click("[data-view=all]")
    seen.page.click("#more")
    seen.page.get_by_label("Domain", exact=True).select_option(label="docker (5)")
    assert seen.status() == "5 of 45 records"
    assert {name.split("/")[0] for name in seen.titles()} == {"docker"}


def test_quarantine_shows_what_came_and_why_it_stayed_out(look: Open, address: str) -> None:
    seen = look(address)
    seen.page.click("[data-view=quarantine]")
    assert seen.status() == "8 records"
    seen.search("linker-cc")
    assert "1 of 8" in seen.status()
    reader = seen.page.inner_text("#record")
    assert "RAT001" in reader
    assert '"id": "rust/linker-cc-not-found"' in reader


def test_neighbours_lead_to_each_other(look: Open, address: str, example: Base) -> None:
    known = "SELECT record_id, error_id FROM transitions WHERE error_id IN (SELECT id FROM records) ORDER BY ALL"
    name, neighbour = example.query(known)[0]
    seen = look(address)
    seen.page.goto(f"{address}#record/{name.replace('/', '%2F')}")
    seen.page.locator("#record .neighbours a", has_text=neighbour).first.click()
    seen.page.wait_for_selector(f"#record header .path:has-text('{neighbour}')")
    assert seen.page.url.endswith(f"#record/{neighbour.replace('/', '%2F')}")


# by hand


def test_everything_can_be_done_from_the_keyboard(look: Open, address: str) -> None:
    seen = look(address)
    press = seen.page.keyboard.press

    def focused() -> str:
        return str(seen.page.evaluate("document.activeElement.id"))

    press("/")
    assert focused() == "search"
    seen.page.keyboard.type("docker")
    seen.settle()
    assert " of 40" in seen.status()
    press("ArrowDown")
    assert focused() == "table"
    first = seen.page.get_attribute("#table", "aria-activedescendant")
    press("ArrowDown")
    second = seen.page.get_attribute("#table", "aria-activedescendant")
    assert (first, second) == ("line-0", "line-1")
    name = seen.page.inner_text("#line-1 .path")
    press("Enter")
    assert focused() == "record"
    seen.page.wait_for_selector(f"#record header .path:has-text('{name}')")
    press("Escape")
    assert focused() == "table"
    press("End")
    press("Home")
    assert seen.page.get_attribute("#table", "aria-activedescendant") == "line-0"


def test_every_choice_of_a_chart_is_a_button_too(look: Open, address: str) -> None:
    seen = look(address)
    seen.page.click("[data-view=all]")
    seen.page.locator("#chart-tier summary").press("Enter")
    seen.page.get_by_role("button", name="human_reviewed").press("Enter")
    assert seen.status() == "14 of 45 records"
    assert seen.page.get_by_role("button", name="human_reviewed").first.get_attribute("aria-pressed") == "true"


# to the eye


def luminance(colour: str) -> float:
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


def test_it_is_light_or_dark_as_the_system_is_and_the_button_turns_it(look: Open, address: str) -> None:
    def ground(page: "Page") -> float:
        return luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = look(address), look(address, scheme="dark")
    assert ground(light.page) > 0.9
    assert ground(dark.page) < 0.15
    dark.page.click("#theme")
    assert ground(dark.page) > 0.9
    for _ in range(20):  # the browser may keep it a moment later
        dark.page.reload()
        if ground(dark.page) > 0.9:
            break
        dark.page.wait_for_timeout(250)
    assert ground(dark.page) > 0.9, "and it stays so"


@pytest.mark.parametrize("width", [320, 375, 768, 1024, 1440, 1920])
def test_nothing_is_wider_than_the_screen(look: Open, address: str, harmful: str, width: int) -> None:
    for page in (look(one, width=width, height=812).page for one in (address, harmful)):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.locator(QUEUE).first.click()
        page.wait_for_selector("#record header")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("(e => e.scrollWidth - e.clientWidth)(document.getElementById('record'))") <= 0


def test_on_a_phone_a_record_covers_the_list_and_gives_it_back(look: Open, address: str) -> None:
    seen = look(address, width=375, height=812)
    assert not seen.page.is_visible("#record")
    seen.page.locator(QUEUE).first.scroll_into_view_if_needed()
    seen.page.evaluate("() => new Promise(requestAnimationFrame)")  # the rows are painted anew while one scrolls
    seen.page.locator(QUEUE).first.click()
    seen.page.wait_for_selector("#record:visible")
    seen.page.get_by_role("button", name="Back to the list").click()
    assert not seen.page.is_visible("#record")


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1440, "dark"), (375, "dark"), (1440, "light")])
def test_axe_finds_no_serious_fault(look: Open, address: str, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()
    seen = look(address, width=width, height=900, scheme=scheme)
    for control in ("#records-title", "#more", "summary", f"{QUEUE} >> nth=1"):
        seen.page.locator(control).first.dispatch_event("click")
        found = axe.run(seen.page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in {"serious", "critical"}] == []


def test_in_print_the_list_is_whole_and_the_controls_are_gone(look: Open, address: str) -> None:
    seen = look(address, scheme="dark")
    seen.page.emulate_media(media="print")
    seen.page.wait_for_selector("tr#line-39", state="attached")
    assert len(seen.titles()) == 40
    for control in ("#search", "#theme", "[data-view=all]"):
        assert not seen.page.is_visible(control)
    assert luminance(seen.page.evaluate("getComputedStyle(document.body).backgroundColor")) == pytest.approx(1)


# under attack


@pytest.mark.long(every=1)
def test_harmful_text_shows_as_text(look: Open, harmful: str) -> None:
    seen = look(harmful)
    seen.page.goto(f"{harmful}#record/git%2Fharm")
    seen.page.wait_for_selector("#record header .path:has-text('git/harm')")
    reader = seen.page.inner_text("#record")
    for text in (pages.IMAGE, pages.BREAKOUT, pages.TEMPLATE, r"safe\u202egnp.exe", "&lt;b&gt;"):
        assert text in reader
    assert seen.page.locator("#record img, #record script, #record b:has-text('bold')").count() == 0
    seen.page.click("[data-view=quarantine]")
    seen.search("torn.json")
    assert "1 of" in seen.status()
    assert pages.BREAKOUT in seen.page.inner_text("#record")
    assert seen.page.evaluate("window.harmed") is None


@pytest.mark.long(every=1)
def test_links_lead_to_the_web_and_say_nothing_of_the_page(look: Open, harmful: str, address: str) -> None:
    for where, name in ((harmful, "git%2Fharm"), (address, "node%2Ferr-require-esm")):
        page = look(where).page
        page.goto(f"{where}#record/{name}")
        links = page.locator("#record a[target]")
        links.first.wait_for()
        assert links.count() > 0
        for link in links.all():
            assert re.match(r"https?://", link.get_attribute("href") or "")
            assert link.get_attribute("rel") == "noopener noreferrer"


# at length


def test_a_long_list_is_drawn_where_it_is_looked_at(look: Open, base: Base, tmp_path: Path) -> None:
    base.put("raw/git.json", [record(f"r{i:04}", signature=f"error {i:04}") for i in range(600)])
    base.ingest()
    seen = look(pages.write(pages.of(base, limit=64), tmp_path))
    assert seen.page.locator(QUEUE).count() < 100
    assert seen.page.get_attribute("#table", "aria-rowcount") == "601"
    seen.page.focus("#table")
    seen.page.keyboard.press("End")
    seen.page.wait_for_selector("#line-599:visible")
    assert seen.page.locator(QUEUE).count() < 100
    assert "kb show git/r0599" in seen.page.inner_text("#record"), "what is not whole says who tells all of it"
    seen.search("0577")
    assert "1 of 600" in seen.status()
    assert seen.titles() == ["git/r0577"]


def test_no_text_key_or_name_makes_an_element_or_runs(
    look: Open, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    base = hostile.fill(Base(tmp_path_factory.mktemp("hostile")))
    seen = look(pages.write(pages.of(base), tmp_path))
    dialogs: list[Dialog] = []
    seen.page.on("dialog", lambda dialog: dialogs.append(dialog))  # noqa: PLW0108 - Playwright marks what it is given
    harmed = "[document.querySelectorAll('.harmed').length, window.harmed ?? null]"
    for number, harm in enumerate(hostile.HARM):
        name = f"git/h{number:02}"
        seen.page.evaluate("where => { location.hash = where }", f"record/{quote(name, safe='')}")
        seen.page.wait_for_selector(f"#record header .path:has-text('{name}')")
        assert seen.page.evaluate(harmed) == [0, None], harm
    seen.page.click("[data-view=quarantine]")
    for row in seen.page.locator(QUEUE).all()[:12]:
        row.click()
        assert seen.page.evaluate(harmed) == [0, None]
    for harm in hostile.HARM[:6]:
        seen.search(harm)
        assert seen.page.evaluate(harmed) == [0, None]
    assert dialogs == []
