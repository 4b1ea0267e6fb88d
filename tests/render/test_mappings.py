"""What a mapping makes of a few records, for people."""

from kb.model import Finding, Severity
from kb.render.mappings import summary, trial
from kb.results import Trial, Tried

ONE = Tried(
    "raw/a.json", 3, "/rules/0", "{}", {}, {"id": "x/a", "tags": []}, ("code",), ("note",), (), ("regex",), ("tags",),
    (Finding("SCH002", "", "`regex` is missing; add it", "f"),), fault=None,
)  # fmt: skip


def lines(*tried: Tried, fit: int | None = None) -> list[str]:
    return list(
        trial(Trial("mine", "formats/mine.toml", list(tried), {"SCH002": Severity.ERROR}), fit=fit, colour=False)
    )


def test_a_record_stands_below_its_source() -> None:
    assert lines(ONE) == [
        "raw/a.json:3 /rules/0",
        "source",
        "  {}",
        "record",
        "  {",
        '    "id": "x/a"',
        "  }",
        "used: code",
        "kept: note",
        "empty, and required: regex; map them, or give them under [default]",
        "error SCH002 (whole): `regex` is missing; add it",
        "",
        "empty in all: tags",
        "mine: 1 record of 1 file tried, 1 mapped, 0 fit to be published; of the keys of the source 1 used, 1 kept, 0 lost",
    ]


def test_a_mapped_field_that_stays_empty_is_told_apart() -> None:
    shown = list(
        trial(Trial("mine", "", [ONE], {"SCH002": Severity.ERROR}, frozenset({"tags"})), fit=None, colour=False)
    )
    assert "mapped, but empty in all: tags; see whether what its expression names is there" in shown
    assert not [line for line in shown if line.startswith("empty in all")]


def test_what_is_lost_is_no_small_thing() -> None:
    assert "lost: version; neither the record nor what is kept says it" in lines(ONE._replace(lost=("version",)))


def test_what_was_not_read_says_why_and_does_not_act() -> None:
    shown = lines(Tried("raw/a\x1b.json", None, "", "", None, None, fault="no \x1b[31m"))
    assert shown[:2] == ["raw/a\\u001b.json", "not read: no \\u001b[31m"]


def test_long_texts_are_cut_and_counted() -> None:
    shown = lines(ONE._replace(shown="x\n" * 100, used=tuple(f"k{i}" for i in range(60))))
    assert "  … 60 more lines" in shown
    assert any(line.endswith("k49, and 10 more") for line in shown)


def test_nothing_mapped_has_no_empty_fields() -> None:
    assert lines()[-1] == summary(Trial("mine", "", [], {}))
