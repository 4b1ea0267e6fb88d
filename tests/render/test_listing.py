"""What people read of a validation: errors in sight, what concerns most records said once, nothing lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from kb.model import Severity
from kb.render.listing import AGAIN, GROUPS, MANY, Look, listing
from kb.render.text import concise, summary
from kb.results import Located, ValidateResult
from kb.settings import ReportSettings
from kb.words import visible
from tests.findings import ERROR, HOSTILE, INFO, located, result

SGR = re.compile("\x1b\\[[0-9;]*m")
CODES = {Severity.ERROR: ("RAT001", "EVD004"), Severity.WARNING: ("DED001", "EVD001"), Severity.INFO: ("TXT003",)}


def lines(found: ValidateResult, **look: object) -> list[str]:
    return list(listing(found, Look(**look)))  # type: ignore[arg-type]


def warnings(number: int, code: str = "EVD001", of: int = 1) -> list[Located]:
    """A warning each of so many records."""
    return [
        located(code=code, path=f"raw/{n:03}.json", record=f"git/r{n:03}", line=k + 1)
        for n in range(number)
        for k in range(of)
    ]


def findings(severities: tuple[Severity, ...] = tuple(Severity)) -> st.SearchStrategy[list[Located]]:
    one = st.builds(
        lambda severity, code, path, line, records: located(
            severity=severity, code=CODES[severity][code % len(CODES[severity])], path=f"raw/{path}.ndjson",
            line=line, record=f"git/{records}", record_line=line,
        ),
        st.sampled_from(severities), st.integers(0, 1), st.integers(0, 3), st.integers(1, 30), st.integers(0, 2),
    )  # fmt: skip
    return st.lists(one, max_size=60).map(lambda found: sorted(found, key=Located.place))


# order


def test_errors_come_first_and_then_warnings() -> None:
    clean_first = located(path="a.json", record="git/z")
    shown = lines(result(clean_first, INFO, ERROR))
    assert shown == [concise(ERROR), concise(clean_first), concise(INFO), summary(result(clean_first, INFO, ERROR))]


def test_what_is_found_in_a_record_stands_together() -> None:
    worse, light, other = (
        located(severity=Severity.ERROR, line=9),
        located(line=1),
        located(path="raw/git/0.json", record="git/0"),
    )
    assert lines(result(other, light, worse))[:-1] == [concise(worse), concise(light), concise(other)]


def test_rules_and_files_have_a_title_where_lines_stand_apart() -> None:
    found = result(located(), located(path="raw/b.json", record="git/b"), ERROR)
    by_rule = lines(found, group_by="rule", source=80)
    assert by_rule[0] == "RAT001 rate-out-of-range: 1 finding in 1 record"
    assert "DED001 dead-end-action-empty: 2 findings in 2 records" in by_rule
    assert lines(found, group_by="file", source=80)[0] == "raw/all.ndjson: 1 finding"
    assert lines(found, group_by="rule") == [*map(concise, (ERROR, *found.findings[:2])), summary(found)]


@given(found=findings(), group_by=st.sampled_from(GROUPS), source=st.sampled_from([None, 80]))
def test_every_finding_is_listed_once_in_any_order(found: list[Located], group_by: str, source: int | None) -> None:
    shown = lines(result(*found, read=90, clean=0), group_by=group_by, source=source)
    expected = sorted(map(concise, found))
    assert sorted(line for line in shown if line in expected) == expected


@given(found=findings(), group_by=st.sampled_from(GROUPS))
def test_groups_come_by_their_gravest_finding(found: list[Located], group_by: str) -> None:
    shown = lines(result(*found, read=90, clean=0), group_by=group_by)
    firsts: dict[str, int] = {}
    ranks = {concise(finding): finding for finding in found}
    for line in shown:
        if line in ranks:
            one = ranks[line]
            member = {"rule": one.code, "file": one.path, "record": f"{one.path}{one.record_line}{one.record}"}[
                group_by
            ]
            firsts.setdefault(member, one.severity.rank)
            assert firsts[member] >= one.severity.rank
    assert list(firsts.values()) == sorted(firsts.values(), reverse=True)


# errors in sight


@given(found=findings(), source=st.sampled_from([None, 80]), level=st.sampled_from(Severity))
def test_errors_are_on_the_last_screen(found: list[Located], source: int | None, level: Severity) -> None:
    shown = lines(result(*found, read=90, clean=0).shown_from(level), source=source)
    errors = [f for f in found if f.severity is Severity.ERROR]
    last = "\n".join(shown[-23:])
    for error in errors[:AGAIN] if len(shown) > len(errors) + 1 else ():
        assert f"{error.path}:{error.line}:{error.column}" in last
    assert shown[-1] == summary(result(*found, read=90, clean=0).shown_from(level))


def test_many_errors_are_said_again_in_part() -> None:
    errors = [located(severity=Severity.ERROR, path=f"raw/{n:03}.json") for n in range(50)]
    shown = lines(result(*errors, *warnings(20)), source=80)
    at = shown.index("50 errors:")
    assert shown[at + 1] == f"  raw/000.json:3:15 DED001 {errors[0].pointer}: {errors[0].message}"
    assert shown[at + AGAIN + 1 : -1] == ["  … and 40 more; `--level error` lists errors alone"]


def test_errors_that_are_in_sight_are_said_once() -> None:
    assert not any(line.endswith("error:") for line in lines(result(ERROR, *warnings(10))))
    alone = [located(severity=Severity.ERROR, line=n) for n in range(1, 40)]
    assert len(lines(result(*alone))) == 40, "where there are errors alone, the list of them is enough"


def test_what_is_said_again_is_no_finding_to_a_program() -> None:
    shown = lines(result(ERROR, *warnings(40)))
    place = re.compile(r"^[^ ].*?:\d+:\d+: (error|warning|info) ")
    assert sum(bool(place.match(line)) for line in shown) == 41


# once for most records


COMMON = ReportSettings()


@pytest.mark.parametrize(
    ("concerned", "read", "folded"),
    [(50, 50, True), (26, 50, True), (25, 50, False), (49, 49, False), (51, 100, True), (50, 100, False)],
)
def test_what_concerns_most_of_many_records_is_said_once(concerned: int, read: int, folded: bool) -> None:  # noqa: FBT001
    found = result(*warnings(concerned), read=read, clean=0)
    shown = lines(found, common=COMMON)
    told = [line for line in shown if " concerns " in line]
    assert len(shown) == (2 if folded else concerned + 1)
    assert bool(told) is folded
    if folded:
        assert told[0].startswith(
            f"warning EVD001 dead-end-action-empty concerns {concerned} of {read} records: a good record counts no more"
        )
        assert told[0].endswith("; `--select EVD001` lists them")


def test_records_are_counted_and_not_findings() -> None:
    found = result(*warnings(20, of=5), read=50, clean=30)
    assert len(lines(found, common=COMMON)) == 101


def test_records_of_one_file_are_told_apart() -> None:
    one_file = [located(path="raw/a.ndjson", record=None, record_line=n, line=n) for n in range(1, 61)]
    assert len(lines(result(*one_file, read=60, clean=0), common=COMMON)) == 2


def test_errors_are_never_folded() -> None:
    errors = [finding._replace(severity=Severity.ERROR) for finding in warnings(60)]
    assert lines(result(*errors, read=60, clean=0), common=COMMON)[:-1] == list(map(concise, errors))


def test_the_share_is_a_setting() -> None:
    found = result(*warnings(10), read=20, clean=10)
    assert len(lines(found, common=ReportSettings(common_share=0.4, common_from=20))) == 2
    assert len(lines(found, common=ReportSettings(common_share=0.5, common_from=20))) == 11
    assert len(lines(result(*warnings(60), read=60, clean=0), common=ReportSettings(common_share=1.0))) == 61


def test_what_is_suppressed_is_listed_where_it_is_asked_for() -> None:
    aside = tuple(finding._replace(suppressed="known") for finding in warnings(3))
    found = result(*warnings(60), read=60, clean=0, suppressed=aside)
    shown = list(listing(found, Look(common=COMMON), suppressed=True))
    assert [line for line in shown if line.endswith("(suppressed: known)")] == [concise(one) for one in aside]


@given(found=findings((Severity.WARNING, Severity.INFO)))
def test_what_is_folded_is_all_that_is_not_listed(found: list[Located]) -> None:
    whole = result(*found, read=20, clean=0)
    shown = lines(whole, common=ReportSettings(common_share=0.2, common_from=10))
    once = {line.split()[1] for line in shown if " concerns " in line}
    listed = [concise(finding) for finding in found if finding.code not in once]
    assert sorted(line for line in shown if ": " in line[:20]) == sorted(listed) or not listed
    assert shown[-1] == summary(whole)


# how it looks


def test_full_parts_findings_with_a_blank_line() -> None:
    shown = lines(result(ERROR, INFO), source=80)
    assert [number for number, line in enumerate(shown) if not line] == [3, 7]
    assert "" not in lines(result(ERROR, INFO))
    assert lines(result(clean=3), source=80) == ["3 records read, all clean"]


@given(found=findings(), colour=st.booleans(), width=st.sampled_from([40, 80, 120]))
def test_a_terminal_is_never_too_narrow(found: list[Located], colour: bool, width: int) -> None:  # noqa: FBT001
    many = result(*found, *warnings(60), read=90, clean=0)
    shown = lines(many, source=width, fit=width, colour=colour, common=COMMON)
    assert all(cell_len(SGR.sub("", line)) <= width for line in shown)
    if not colour:
        whole = lines(many, source=width, common=COMMON)
        told = {word for line in whole if not line.startswith("  ") for word in line.split()}
        assert told <= {word for line in shown for word in line.split()} | {"…"}


def test_colour_is_only_added() -> None:
    found = result(ERROR, INFO, *warnings(60), read=90, clean=0)
    for fit in (None, 60):
        bare, coloured = (lines(found, source=60, fit=fit, colour=colour, common=COMMON) for colour in (False, True))
        assert [SGR.sub("", line) for line in coloured] == bare
        assert coloured != bare


def test_nothing_hostile_gets_through() -> None:
    bad = located(path=HOSTILE, message=HOSTILE * 99, pointer=HOSTILE, source=HOSTILE, severity=Severity.ERROR)
    for group_by in GROUPS:
        for line in lines(result(bad, *warnings(30)), group_by=group_by, source=60, fit=60):
            assert visible(line) == line


def test_a_long_list_names_the_way_to_a_shorter_one() -> None:
    assert any("--statistics" in line for line in lines(result(*warnings(MANY + 1)), source=80))
    assert not any("--statistics" in line for line in lines(result(*warnings(MANY)), source=80))
