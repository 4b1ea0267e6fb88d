"""VER: product and version, and which comes first."""

import pytest

from kb.rules.ver import split_product
from tests.conftest import found


@pytest.mark.parametrize(
    ("text", "product", "version"),
    [
        ("tensorflow 2.8.0", "tensorflow", "2.8.0"),
        ("Java SE 17", "Java SE", "17"),
        ("node v18.2", "node", "18.2"),
        ("Node.js v18", "Node.js", "18"),
        ("python-3.11", "python", "3.11"),
        ("react@18", "react", "18"),
        ("git/2.39.5", "git", "2.39.5"),
        ("openssl=3.0.2-rc1", "openssl", "3.0.2-rc1"),
        ("Kubernetes version 1.29", "Kubernetes", "1.29"),
        (" git  2.39 ", "git", "2.39"),
    ],
)
def test_a_product_before_its_version_is_parted_from_it(text: str, product: str, version: str) -> None:
    assert split_product(text) == (product, version)


@pytest.mark.parametrize(
    "text", ["2.8.0", "v2.8.0", ">=2.8", "2.x", "latest", "all versions", "", "2.8 (LTS)", "CUDA11", "x " + "1" * 300]
)
def test_a_version_alone_stays_whole(text: str) -> None:
    assert split_product(text) == (None, text)


@pytest.mark.parametrize(
    ("early", "late"),
    [
        ("2.8", "2.10"),
        ("2.8", "2.8"),
        ("2.8", "2.8.0"),
        ("v2.8", "2.9"),
        ("2020-05-01", "2020-05-02"),
        ("2.9", "next"),
        ("2.9", None),
        ("9" * 5000, "1"),
    ],
)
def test_what_is_in_order_or_cannot_be_compared_passes(early: str, late: str | None) -> None:
    assert found({"/versions/0/introduced": early, "/versions/0/removed": late}, "VER002") == []


@pytest.mark.parametrize(("early", "late"), [("2.10", "2.8"), ("2.8.1", "2.8"), ("2021-01-01", "2020-12-31")])
def test_what_comes_before_its_beginning_is_named(early: str, late: str) -> None:
    pointers = found({"/versions/0/introduced": early, "/versions/0/removed": late}, "VER002")
    assert pointers == ["/versions/0/removed"]


def test_one_version_said_to_be_two_things_stands_twice() -> None:
    example = {"/versions/1": {"version": "2.39.5", "status": "removed"}}
    assert found(example, "VER003") == []
