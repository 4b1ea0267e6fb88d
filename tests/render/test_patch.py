"""A diff of edits is what `diff -u` would say, as far as lines go, and `git apply` and `patch` can carry it out."""

import io
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.render.patch import unified
from kb.sources.edit import Edit, carried_out


def diff(before: bytes, *edits: Edit, name: str = "x.json") -> str:
    return b"".join(unified(name, io.BytesIO(before), edits)).decode()


def numbers(*changed: int, last: int = 20) -> tuple[bytes, list[Edit]]:
    """Numbered lines, and edits that put an x before some of them."""
    lines = [b"%d\n" % n for n in range(1, last + 1)]
    starts = [sum(map(len, lines[: n - 1])) for n in changed]
    return b"".join(lines), [Edit(start, start, b"x") for start in starts]


def test_no_edit_is_no_diff() -> None:
    assert diff(b"a\n") == ""
    assert diff(b"a\n", Edit(0, 1, b"a")) == "--- x.json\n+++ x.json\n"


def test_a_change_stands_among_three_lines() -> None:
    before, edits = numbers(10)
    assert diff(before, *edits) == ("--- x.json\n+++ x.json\n@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+x10\n 11\n 12\n 13\n")


def test_changes_that_are_near_share_a_hunk() -> None:
    before, edits = numbers(1, 2, 9)
    assert diff(before, *edits) == (
        "--- x.json\n+++ x.json\n@@ -1,12 +1,12 @@\n-1\n-2\n+x1\n+x2\n 3\n 4\n 5\n 6\n 7\n 8\n-9\n+x9\n 10\n 11\n 12\n"
    )


def test_changes_that_are_far_have_their_own() -> None:
    before, edits = numbers(2, 10)
    assert [line for line in diff(before, *edits).splitlines() if line.startswith("@@")] == [
        "@@ -1,5 +1,5 @@",
        "@@ -7,7 +7,7 @@",
    ]


def test_lines_that_go_and_come_shift_those_below() -> None:
    before, _ = numbers()
    changed = diff(before, Edit(1, 5, b""), Edit(24, 24, b"x\ny\n"))
    assert "@@ -1,6 +1,4 @@\n 1\n-2\n-3\n 4\n 5\n 6\n" in changed
    assert "@@ -9,6 +7,8 @@\n 9\n 10\n 11\n+x\n+y\n 12\n 13\n 14\n" in changed


def test_only_the_lines_that_differ_are_shown() -> None:
    assert diff(b'[\n "a",\n "b",\n "c"\n]\n', Edit(6, 12, b"")) == (
        '--- x.json\n+++ x.json\n@@ -1,5 +1,4 @@\n [\n  "a",\n- "b",\n  "c"\n ]\n'
    )


def test_a_missing_last_line_end_is_told() -> None:
    none = "\n\\ No newline at end of file\n"
    assert diff(b"a", Edit(0, 1, b"b")) == f"--- x.json\n+++ x.json\n@@ -1 +1 @@\n-a{none}+b{none}"


def test_other_line_ends_stay() -> None:
    assert diff(b"a\r\nb\r\n", Edit(3, 4, b"c")) == "--- x.json\n+++ x.json\n@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n"


@given(st.data())
@settings(max_examples=30)
def test_git_can_carry_it_out(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    before = data.draw(
        st.lists(st.sampled_from([b"a", b"b", b"\n", b"\n\n", b"\r\n", b"\r"]), min_size=1, max_size=60).map(b"".join)
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(before) - 1), max_size=8, unique=True)))
    edits = [
        Edit(start, end, data.draw(st.sampled_from([b"", b"x", b"x\n", b"\nx", b"x\ny\nz"])))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("patch")
    (folder / "x.json").write_bytes(before)
    text = b"".join(unified("x.json", io.BytesIO(before), edits))
    after = carried_out(before, edits)
    if b"@@" in text:
        subprocess.run(["git", "apply", "-p0", "-"], cwd=folder, input=text, check=True, capture_output=True)
        assert (folder / "x.json").read_bytes() == after
    else:
        assert before == after
