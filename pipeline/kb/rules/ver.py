"""VER: versions."""

import re
from itertools import pairwise

from kb.analysis.lazily import lazily
from kb.model import GONE, Json, Severity
from kb.rules.base import ABSENT, At, Found, Record, Stage, check, fix
from kb.rules.copies import meaning
from kb.words import show

PRODUCT = r"([A-Za-z][^\d]*?)[ @:/=-]+(?:v|V|version )?(\d\S*(?:.*\d\S*)?)"

_PRODUCT = lazily(PRODUCT, re.ASCII)  # so that the store's RE2 reads it alike

_NUMBERS = lazily(r"v?(\d{1,18}(?:\.\d{1,18})*)", re.ASCII)

LONGEST = 200

_STEPS = ("introduced", "deprecated", "removed")


def split_product(text: str) -> tuple[str | None, str]:
    """A version as written, parted into product (or None) and version."""
    match = _PRODUCT.fullmatch(text.strip()) if len(text) <= LONGEST else None  # longer text is no version
    return (match[1].strip(), match[2]) if match else (None, text)


def _ordinal(text: str | None) -> tuple[int, ...] | None:
    match = _NUMBERS.fullmatch(text.strip().replace("-", ".")) if text else None
    if not match:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


@check(
    "VER001",
    "version-carries-product",
    Severity.INFO,
    good=[{}, {"/versions/0/version": ">=2.8"}, {"/versions/0/version": "v2.8.0"}, {"/versions/0/version": "latest"}],
    bad=[{"/versions/0/version": "git 2.39.5"}, {"/versions/0/version": "Java SE 17"}],
)
def version_carries_product(r: Record) -> Found:
    """Has the version alone in `version`.

    "2.8.0" can be compared, "tensorflow 2.8.0" cannot. The value stays as it is; the table `versions` has product and
    number in columns of their own.
    """
    for i, item in enumerate(r.document["versions"]):
        product, number = split_product(item["version"])
        if product is not None:
            yield f"/versions/{i}/version", f"{show(item['version'])} carries the product; write {show(number)}"


@check(
    "VER002",
    "versions-disordered",
    Severity.WARNING,
    good=[
        {},
        {"/versions/0/introduced": "2.8", "/versions/0/deprecated": "2.10", "/versions/0/removed": "3.0"},
        {"/versions/0/introduced": "2020-05-01", "/versions/0/removed": "2021-01-01"},
        {"/versions/0/introduced": "2.8", "/versions/0/deprecated": "v2.8.0"},
        {"/versions/0/introduced": "2.8.0", "/versions/0/deprecated": "2.8"},
        {"/versions/0/introduced": "2.8", "/versions/0/deprecated": "soon", "/versions/0/removed": "3.0"},
    ],
    bad=[
        At({"/versions/0/introduced": "2.10", "/versions/0/deprecated": "2.8"}, "/versions/0/deprecated"),
        At({"/versions/0/deprecated": "3.0", "/versions/0/removed": "2.9"}, "/versions/0/removed"),
        At({"/versions/0/introduced": "2.8.1", "/versions/0/removed": "2.8"}, "/versions/0/removed"),
        At({"/versions/0/introduced": "2.8.0", "/versions/0/removed": "2.7"}, "/versions/0/removed"),
    ],
)
def versions_disordered(r: Record) -> Found:
    """Was not deprecated before it was introduced, nor removed before either.

    Numbers are compared part by part, so 2.10 comes after 2.8; what is no number or day is not compared.
    """
    for i, item in enumerate(r.document["versions"]):
        known = [(step, _ordinal(item[step])) for step in _STEPS]
        steps = [(step, number) for step, number in known if number is not None]
        for (early, first), (late, second) in pairwise(steps):
            if second < first:
                yield (
                    f"/versions/{i}/{late}",
                    f"{show(item[late])} comes before {early} {show(item[early])}; correct one of the two",
                )


@fix(
    "VER003",
    "version-duplicated",
    Severity.INFO,
    stage=Stage.LIST,
    at=("versions",),
    says="{before} stands twice; one is kept",
    good=[
        {},
        {"/versions/1": {"version": "2.39.5", "status": "removed"}},
        {"/versions": [{"version": "2.0-RC1"}, {"version": "2.0-rc1"}]},
    ],
    bad=[({"/versions/1": {"version": "2.39.5", "status": "active"}}, {"/versions/1": ABSENT})],
    version=2,
)
def version_duplicated(items: Json) -> Json:
    """Lists a version once.

    Entries equal in all they say are one entry; those that say different things of one version, or write it in another
    case, stay.
    """
    firsts = {said: place for place, said in reversed(list(enumerate(map(meaning, items))))}
    if len(firsts) == len(items):
        return items
    places = set(firsts.values())
    return [item if place in places else GONE for place, item in enumerate(items)]
