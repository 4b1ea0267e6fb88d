"""RGX: what a regex has to be, and what is left unsaid."""

import pytest

from tests.conftest import found


def _found(regex: str, code: str, signature: str = "fatal: not a git repository") -> bool:
    return bool(found({"/regex": regex, "/signature": signature, "/signature_zh": None}, code))


@pytest.mark.parametrize("code", ["RGX002", "RGX003", "RGX004", "RGX006"])
def test_of_a_regex_that_does_not_compile_only_that_is_said(code: str) -> None:
    assert _found("(a+)+(", "RGX001")
    assert not _found("(a+)+(", code)


@pytest.mark.parametrize("code", ["RGX003", "RGX004", "RGX006"])
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
    ["error", "(?i)WARNING", r"\d+", r"^\S+ ", "on port [0-9]+$", "git status", ".{0,9}", "a*", "not a|", "(no)?"],
)
def test_a_regex_that_ordinary_lines_match_is_too_broad(regex: str) -> None:
    assert _found(regex, "RGX004")


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
    ],
)
def test_a_regex_that_names_its_error_is_not(regex: str) -> None:
    assert not _found(regex, "RGX004")
