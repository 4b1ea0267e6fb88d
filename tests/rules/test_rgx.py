"""RGX: what a regex has to be, and what is left unsaid."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb.analysis import regexes
from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.rules import ordinary
from kb.settings import OwnLines
from tests.bases import DAY, Base
from tests.conftest import found


def _found(regex: str, code: str, signature: str = "fatal: not a git repository") -> bool:
    return bool(found({"/regex": regex, "/signature": signature, "/signature_zh": None}, code))


@pytest.mark.parametrize("code", ["RGX002", "RGX003", "RGX004", "RGX006", "RGX007", "RGX008"])
def test_of_a_regex_that_does_not_compile_only_that_is_said(code: str) -> None:
    assert _found("(a+)+(", "RGX001")
    assert not _found("(a+)+(", code)


@pytest.mark.parametrize("code", ["RGX003", "RGX004", "RGX006", "RGX007", "RGX008"])
def test_of_a_regex_that_is_not_portable_only_that_is_said(code: str) -> None:
    assert _found("(?=x)(a+)+|", "RGX002")
    assert not _found("(?=x)(a+)+|", code)


@pytest.mark.parametrize(
    ("regex", "signature"),
    [
        ("NOT A GIT REPOSITORY", "fatal: not a git repository"),
        ("^fatal: not .* repository$", "fatal: not a git repository"),
        (r"a\.b\(c\)", "call of A.B(c) failed"),
        ("不是 git 仓库", "致命错误：不是 git 仓库"),
        ("unknown command ", "ERR unknown command "),  # TXT001 takes the space from the signature, none from the regex
        (r"\w+错误", "致命错误：不是 git 仓库"),  # \w is ASCII for some readers and not for others
    ],
)
def test_a_regex_may_match_its_signature_in_any_case(regex: str, signature: str) -> None:
    assert not _found(regex, "RGX003", signature)


@pytest.mark.parametrize(
    ("regex", "signature"),
    [
        ("no git repository", "fatal: not a git repository"),
        ("fatal.*repository$", "fatal: not a git repository:\n.git"),
        ("first.*second", "first\nsecond"),
        ("错误", "fatal: not a git repository"),
    ],
)
def test_a_regex_that_misses_its_signature_is_found(regex: str, signature: str) -> None:
    assert _found(regex, "RGX003", signature)


@pytest.mark.parametrize(
    "regex",
    [r"\d+", r"^\S+ ", ".{0,9}", "a*", "not a|", "(no)?", "e", "[a-z]+", r"\.", "(?:on|in|at)", r"(?s)^.*$", r"\w+: "],
)
def test_a_regex_that_more_than_a_tenth_of_the_ordinary_lines_match_is_too_broad(regex: str) -> None:
    assert _found(regex, "RGX004")
    assert not _found(regex, "RGX007")


@pytest.mark.parametrize(
    "regex",
    [
        "error",
        "(?i)WARNING",
        "on port [0-9]+$",
        "git status",
        "connection",
        "^OK$",
        "FAILED: *0",
        r"time(?:d out|out)",
        "exit(?:ed with)? code",
        "not a git repository|retry",
        "^port|^done",
        "status: (?:down|healthy|running)",
        r"\b200\b",
    ],
)
def test_a_regex_that_an_ordinary_line_matches_finds_its_error_where_none_is(regex: str) -> None:
    assert _found(regex, "RGX007")
    assert not _found(regex, "RGX004")


@pytest.mark.parametrize(
    "regex", ["wai", "oom", "(?:abc|rpor)", "OOM", "[aeiou]{3}s", "abbi|x{9}", "^oom|roo(?:m)|ooo"]
)
def test_a_regex_that_matches_inside_an_ordinary_word_does_so_too(regex: str) -> None:
    assert _found(regex, "RGX007")


@pytest.mark.parametrize(
    "regex",
    [
        "address already in use",
        "connection (?:refused|reset by peer)",
        r"exit(?:ed with)? code [1-9]\d*",
        r"status[^0-9]+\n+Starting",
        "^port 8080",
        "permission denied.*docker",
        r"\bE\d{4}\b",
        r"\boom\b",
        "OOMKilled",
        "segmentation fault",
        "deadlock",  # of "deadlocks" it is another form
        "traceback",
        "catalogs?|strawberr(?:y|ies)",  # whole words, and forms of them
        "K8S_\u212a\u017f",
    ],
)
def test_a_regex_that_names_its_error_is_found_fault_with_by_neither(regex: str) -> None:
    assert not _found(regex, "RGX004")
    assert not _found(regex, "RGX007")


_PIECES = ["e", "error", "connection", "on", "wai", ".", ".*", " ", r"\b", "^", "$", "|", "(?:", ")", "?", r"\d", "[a-f]",
           "ſ", "\u212a", "K", "OK", "İ", "é", "refused", "{2}", "(?i)", "(?s)", "not "]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=6).map("".join))
@example("ſtatus")
@example("İ|K")
def test_what_is_looked_at_by_way_of_needed_texts_is_what_matches(regex: str) -> None:
    hits = ordinary.hits(regex, OwnLines())
    matcher = regexes.read(regex).matcher
    if hits is None or hits.empty:
        return
    every = [line for line in _lines() if matcher.search(line)]
    assert hits.matched == len(every)
    assert hits.line == next(iter(every), None)


@cache
def _lines() -> tuple[str, ...]:
    text = Path(ordinary.__file__).with_name("ordinary.txt").read_text(encoding="utf-8")
    return tuple(dict.fromkeys(line for line in text.splitlines() if line and not line.startswith("## ")))


def test_what_a_regex_is_held_against_is_told(base: Base) -> None:
    base.record("one", regex="fatal: one is no|oom")
    (finding,) = [f for f in validate(base.workspace, [base.root / "raw"], Request(DAY)).findings if f.code == "RGX007"]
    assert "inside the ordinary word " in finding.message
    assert f"and {len(_lines()):,} lines" in finding.message


def test_the_lines_of_a_user_count_too_and_a_change_of_them_judges_anew(base: Base) -> None:
    base.configure('[match]\nordinary = ["logs/*.log"]')
    base.put("logs/good.log", b"all is fatal: one is no trouble\n\nsecond line\n")
    base.record("one")
    base.record("two")
    base.ingest()
    assert base.query("SELECT record_id, message FROM findings WHERE code = 'RGX007'") == []
    base.put("logs/good.log", b"fatal: one is no trouble\n")
    base.ingest()
    ((name, message),) = base.query("SELECT record_id, message FROM findings WHERE code = 'RGX007'")
    assert name == "git/one"
    assert '"fatal: one is no trouble"' in message
    assert f"{len(_lines()) + 1:,} lines" in message


@pytest.mark.parametrize("regex", ["(a+)+$", "(?:[a-z ]+)+: x", "^(a|aa)+$", "(x*y?)*z$", "((ab)*)*c"])
def test_exponential_time_is_a_warning_and_no_info_besides(regex: str) -> None:
    assert _found(regex, "RGX006")
    assert not _found(regex, "RGX008")


@pytest.mark.parametrize("regex", ["a.*b.*c", r"\s*\s*x", "a+a+b", r"\w+\d+:", "git.*repository.*parent"])
def test_quadratic_time_is_an_info_alone(regex: str) -> None:
    assert _found(regex, "RGX008")
    assert not _found(regex, "RGX006")
