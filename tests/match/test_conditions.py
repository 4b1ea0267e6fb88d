"""Whether a condition holds here: its words on systems and versions decide, and where they do not, nobody guesses."""

import pytest

from kb.match.conditions import Here, applies, fits, numbers

LINUX = Here({"docker": "27.1", "python": "3.12.4"}, "linux")

CASES = [
    (None, None),
    ("folder mounted into a container", None),
    ("on Windows only", False),
    ("Ubuntu 24.04 and later", True),
    ("Debian, or macOS with Homebrew", True),
    ("not on Linux", False),
    ("anywhere except on Windows", True),
    ("macOS", False),
    ("docker < 20.10", False),
    ("Docker before 28", True),
    ("docker 27", True),
    ("docker 26.1", False),
    ("Docker 20.10 or later", True),
    ("docker 27.1 and older", True),
    ("since Python 3.13", False),
    ("Python 3.12+", True),
    ("python >= 3.12 on linux", True),
    ("python >= 3.12 on windows", False),
    ("node 18", None),
]


@pytest.mark.parametrize(("condition", "expected"), CASES)
def test_a_condition_holds_as_its_words_say(condition: str | None, expected: bool | None) -> None:  # noqa: FBT001
    assert applies(condition, LINUX) is expected


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert applies("on Windows only", Here()) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("docker/no-space-left", True),
        ("docker/no-space-left/docker27-linux", True),
        ("docker/no-space-left/docker24-linux", False),
        ("docker/no-space-left/docker27-macos", False),
        ("python/x/py311", True),
    ],
)
def test_the_environment_of_an_id_is_a_condition(name: str, expected: bool) -> None:  # noqa: FBT001
    assert fits(name, LINUX) is expected


def test_versions_are_compared_by_number() -> None:
    assert numbers("v1.10.2-rc1") == (1, 10, 2) > numbers("1.9")
    assert numbers("latest") == ()
