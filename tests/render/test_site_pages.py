"""Lists of a site are cut at a bound, and an error code names one file on every system."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from kb.contract import violations
from kb.render.site_pages import LARGEST, code_stems, entry, paged

ROW = {
    "id": "git/a", "signature": "fatal", "category": "usage_error", "error_code": "E1", "severity": None,
    "resolvable": "true", "verification_tier": "human_reviewed", "effective": 0.5, "freshness": "fresh",
    "last_confirmed": None, "deprecated": False, "successor": None, "withheld": False,
}  # fmt: skip


def test_a_long_list_goes_on_in_the_next_file() -> None:
    items = [json.dumps({"n": i, "text": "x" * 400}).encode() for i in range(1500)]
    files = dict(paged("domains/git", {"of": "domain"}, "records", items))
    assert list(files) == ["domains/git.json", "domains/git~p2.json", "domains/git~p3.json"]
    assert all(len(data) <= LARGEST for data in files.values())
    pages = [json.loads(data) for data in files.values()]
    assert [page["next"] for page in pages] == ["domains/git~p2.json", "domains/git~p3.json", None]
    assert [(page["page"], page["pages"]) for page in pages] == [(1, 3), (2, 3), (3, 3)]
    assert [row["n"] for page in pages for row in page["records"]] == list(range(1500))


def test_an_empty_list_is_a_file_too() -> None:
    ((name, data),) = paged("index", {"of": "index"}, "records", [])
    assert (name, json.loads(data)["records"]) == ("index.json", [])


def test_the_longest_entry_fits_and_says_that_it_is_shortened() -> None:
    row = {**ROW, **dict.fromkeys(("signature", "category", "error_code"), "\x00\U0001f600" * 5000)}
    ((_, data),) = paged("index", {"of": "index"}, "records", [json.dumps(entry(row, "codes/x")).encode()])
    assert len(data) < LARGEST // 10
    assert list(violations(json.loads(data), "site.page.v1")) == []


def test_withheld_text_is_not_shown() -> None:
    shown = entry({**ROW, "withheld": True}, "codes/E1")
    assert [shown[key] for key in ("signature", "category", "error_code")] == [None, None, None]
    assert (shown["withheld"], shown["code_url"]) == (True, "codes/E1.json")


def test_codes_that_are_no_names_of_files_are_spelt_out() -> None:
    assert code_stems(["E0382", "ERR: x/y", ".git", "con", "COM1.x", "e0382", "../x"]) == {
        "../x": "codes/~2e.~2fx",
        ".git": "codes/~2egit",
        "COM1.x": "codes/~43OM1.x",
        "E0382": "codes/E0382",
        "ERR: x/y": "codes/ERR~3a~20x~2fy",
        "con": "codes/~63on",
        "e0382": "codes/e0382~x2",
    }


@given(
    st.sets(
        st.text(min_size=1, max_size=200, alphabet=st.characters(exclude_categories=["Cs"]))
        | st.text("aA.~/", min_size=1)
    )
)
def test_each_code_has_a_file_of_its_own_wherever_case_is_no_difference(codes: set[str]) -> None:
    stems = code_stems(codes)
    assert stems.keys() == codes
    assert len({stem.lower() for stem in stems.values()}) == len(codes)
    assert all(re.fullmatch(r"codes/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,150}", stem) for stem in stems.values())
