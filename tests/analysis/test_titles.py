"""What only names a page, and what says something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis.titles import is_title

SUBJECTS = ("error C2065: 'x': undeclared identifier", "C2065", "Remarks")

TITLES = [
    ("Compiler Error C2065", "https://learn.microsoft.com/en-us/cpp/error-messages/compiler-error-c2065?view=msvc-170"),
    ("Compiler Error C2065 | Microsoft Learn", "https://learn.microsoft.com/en-us/cpp/compiler-errors/c2065"),
    ("C2065", "https://example.org/errors/all"),
    ("Error C2065: 'x': undeclared identifier.", "https://example.org/errors/all"),
    ("“Remarks”", "https://example.org/errors/all"),
    ("How do I undo a commit? - Stack Overflow", "https://stackoverflow.com/questions/927358"),
    ("How do I undo a commit?", "https://stackoverflow.com/questions/927358/how-do-i-undo-a-commit"),
    ("Undoing the commits", "https://stackoverflow.com/questions/927358/undo-commit"),
    ("Git - git-rev-parse Documentation", "https://git-scm.com/docs/git-rev-parse"),
    ("git-rev-parse", "https://git-scm.com/docs/git-rev-parse.html"),
    ("Stack Overflow", "https://stackoverflow.com/questions/927358"),
    ("Git", "https://example.org/a"),
    ("Options for Output", "https://git-scm.com/docs/git-rev-parse#_options_for_output"),
    (
        "Pods are evicted · Issue #4121 · kubernetes/kubernetes · GitHub",
        "https://github.com/kubernetes/kubernetes/issues/4121",
    ),
    ("内存 限制", "https://example.org/wiki/%E5%86%85%E5%AD%98%E9%99%90%E5%88%B6"),
]

SENTENCES = [
    ("The compiler can't find the declaration for an identifier.", "https://learn.microsoft.com/en-us/cpp/compiler-errors/c2065"),
    ("Git looks upwards - git never looks down.", "https://git-scm.com/docs/git"),
    ("This prevents untrusted repositories from tampering with this value.", "https://git-scm.com/docs/git-config"),
    ("git-rev-parse prints nothing", "https://git-scm.com/docs/git-rev-parse"),
    ("Undo the last commit but keep its changes", "https://stackoverflow.com/questions/927358/undo-last-commit"),
    ("Never undo a commit", "https://stackoverflow.com/questions/1/not-a-commit"),
    ("The GitHub API answers 403 — retry later", "https://github.com/a/b/issues/1"),
    ("内存限制不随节点增长。", "https://example.org/wiki/%E5%86%85%E5%AD%98%E9%99%90%E5%88%B6"),
    ("…", "https://example.org/"),
    ("It is.", "https://[::1/"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "address"), TITLES)
def test_what_the_page_is_called_is_a_title(text: str, address: str) -> None:
    assert is_title(text, SUBJECTS, [address], "git")


@pytest.mark.parametrize(("text", "address"), SENTENCES)
def test_what_it_says_is_none(text: str, address: str) -> None:
    assert not is_title(text, SUBJECTS, [address], "git")


@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=2), st.lists(st.text(max_size=30), max_size=2))
def test_no_text_and_no_address_is_too_odd(text: str, subjects: list[str], addresses: list[str]) -> None:
    marks = is_title(text, subjects, addresses)
    assert is_title(f" {text}\n", subjects, addresses) == marks
    assert marks or not is_title(text, [], addresses)
