"""docs/ as a site: it builds without a warning, says what the pages say, and loads nothing from elsewhere."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("material") is None, reason="mkdocs-material is not installed (extra `docs`)"
)

PAGES = sorted((ROOT / "docs").glob("*.md"))

LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}
"""The elements that a browser loads something for, each with the attribute that says what."""

STRUCTURE = {"h1", "h2", "h3", "h4", "ul", "ol", "li", "table", "tr", "td", "pre", "strong", "em"}


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the copy of docs/ in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=folder, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def copied(folder: Path) -> Path:
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied(tmp_path_factory.mktemp("site"))
    built = build(folder)
    assert built.returncode == 0, built.stderr
    return folder / "site"


class Elements(HTMLParser):
    """What a piece of HTML loads, and how it is built."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.structure: Counter[str] = Counter()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.structure[tag] += tag in STRUCTURE
        attributes = dict(attrs)
        if tag in LOADED and attributes.get("rel") not in {"canonical", "next", "prev"}:
            self.loaded.append(attributes.get(LOADED[tag]) or "")


def article(site: Path, page: Path) -> str:
    """What the site shows of a page, without the frame around it."""
    return (site / f"{page.stem}.html").read_text(encoding="utf-8").partition("<article")[2].partition("</article>")[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_built_as_code_hosts_show_it(site: Path, page: Path) -> None:
    host = MarkdownIt("gfm-like", {"linkify": False}).render(page.read_text(encoding="utf-8"))
    assert Elements(article(site, page)).structure == Elements(host).structure, "lists need a blank line before them"


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = list(site.glob("*.html"))
    assert len(pages) == len(PAGES) + 1, "a page more, for what is not found"
    for page in pages:
        loaded = Elements(page.read_text(encoding="utf-8")).loaded
        assert any(name.endswith(".css") for name in loaded)
        assert [name for name in loaded if re.match(r"\w+:|//", name)] == []
    for style in site.rglob("*.css"):
        found = re.findall(r"""url\(["']?(?!data:)([^)"']+)|@import""", style.read_text(encoding="utf-8"))
        assert found == [], style.name


def test_the_frame_of_a_page_asks_no_host_for_its_repository(site: Path) -> None:
    assert 'data-md-component="source"' not in (site / "index.html").read_text(encoding="utf-8")


def test_the_output_of_commands_is_wrapped(site: Path) -> None:
    classes = re.findall(r"^\.([\w-]+) code", (site / "assets/site.css").read_text(encoding="utf-8"), re.MULTILINE)
    assert classes == ["language-console"]
    assert f'<div class="{classes[0]} ' in (site / "tutorial.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("ci.md", "\n[x](nowhere.md)\n"),
        ("ci.md", "\n[x](trust.md#nowhere)\n"),
        ("ci.md", "\n[x](/docs/trust.md)\n"),
        ("ci.md", "\n[x](../CONTRIBUTING.md)\n"),
        ("lost.md", "# Not in the navigation\n"),
    ],
    ids=["a page", "an anchor", "an absolute path", "a file outside", "the navigation"],
)
def test_what_leads_nowhere_stops_the_build(tmp_path: Path, page: str, text: str) -> None:
    folder = copied(tmp_path)
    with (folder / "docs" / page).open("a", encoding="utf-8") as file:
        file.write(text)
    built = build(folder)
    assert built.returncode != 0
    assert page in built.stderr
