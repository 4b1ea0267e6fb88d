"""`kb propose`: a draft is kept once, judged as an ingest would, and what the base has already is named."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.contract import violations
from kb.errors import KbError
from kb.jobs import propose as job
from kb.judging.request import Request
from kb.ledger.event import canonical
from kb.model import Json
from kb.results import Proposal
from tests.bases import DAY, Base, contents, encoded, record
from tests.ledger.events import event
from tests.specimens import CREDENTIALS

pytestmark = pytest.mark.long(every=3)

TOKEN = CREDENTIALS["a GitHub token"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A base of two records, and of one that was withdrawn."""
    base = Base(tmp_path_factory.mktemp("made"))
    base.configure("")
    base.record("a", aliases=["git/first"])
    base.record("b")
    base.record("gone")
    one = event("withdraw", record="git/gone")
    base.put(f"ledger/{one.name}", canonical(one.document))
    base.ingest()
    return base


@pytest.fixture
def made(shared: Base) -> Iterator[Base]:
    yield shared
    if (shared.root / "raw/inbox").exists():
        shared.drop("raw/inbox")


def proposed(base: Base, content: Json, name: str = "draft.json") -> Proposal:
    return job.propose(base.workspace, base.put(f"../{base.root.name}-drafts/{name}", content), Request(DAY, jobs=1))


def inbox(base: Base) -> dict[str, bytes]:
    return contents(base.root / "raw/inbox")


def kin(proposal: Proposal) -> dict[str, set[str]]:
    return {one.record: set(one.by) for one in proposal.kin}


def test_a_good_draft_is_kept_as_it_came_and_could_be_published(made: Base) -> None:
    raw = json.dumps(record("new"), indent=4).encode()
    proposal = proposed(made, raw)
    assert (proposal.is_publishable, proposal.is_new, proposal.record, proposal.kin) == (True, True, "git/new", ())
    assert list(inbox(made).values()) == [raw]
    assert proposal.file.endswith(f"raw/inbox/{next(iter(inbox(made)))}")
    assert made.slugs() == ["a", "b"], "nothing is published"


@pytest.mark.parametrize("again", ["draft.json", "other.ndjson", "-"])
def test_the_same_draft_twice_is_one_file(again: str, made: Base) -> None:
    raw = encoded(record("new"))
    first = proposed(made, raw)
    if again == "-":
        second = job.propose(made.workspace, Path("-"), Request(DAY, jobs=1), io.BytesIO(raw))
    else:
        second = proposed(made, raw, again)
    assert second == first._replace(is_new=False)
    assert len(inbox(made)) == 1


def test_a_draft_that_somebody_edited_is_not_overwritten(made: Base) -> None:
    proposed(made, record("new"))
    (name,) = inbox(made)
    made.put(f"raw/inbox/{name}", b"{}")
    with pytest.raises(KbError, match="was edited since this draft was proposed; it stays"):
        proposed(made, record("new"))
    assert inbox(made) == {name: b"{}"}


def test_what_is_missing_and_what_would_be_better_is_said(made: Base) -> None:
    draft = record("new", confidence=7, dead_ends=[])
    del draft["category"]
    proposal = proposed(made, draft)
    said = proposal.document()
    assert list(violations(said, "propose.v1")) == []
    assert [one["pointer"] for one in said["missing"]] == ["/category"], (
        "as long as keys are missing, nothing else is judged"
    )
    said = proposed(made, record("new", confidence=7, dead_ends=[])).document()
    assert ([one["code"] for one in said["missing"]], [one["code"] for one in said["better"]]) == (
        ["RAT001"],
        ["DED004", "EVD001"],
    )
    assert said["publishable"] is False
    assert len(inbox(made)) == 2, "a draft that lacks something is kept all the same"


def test_where_a_draft_lies_is_no_fault_of_it(made: Base) -> None:
    assert "IDN002" not in {one.code for one in proposed(made, record("new")).findings}


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (record("a"), {"git/a": {"id", "pattern"}}),
        (record("a", confidence=0.5, last_updated="2026-11-01"), {"git/a": {"id", "pattern"}}),
        (record("new", id="git/first"), {"git/a": {"alias"}}),
        (record("gone"), {"git/gone": {"withdrawn"}}),
        (record("new", signature=record("a")["signature"]), {"git/a": {"signature", "pattern"}}),
        ({**record("a"), "id": "git/copy"}, {"git/a": {"signature", "near copy", "pattern"}}),
        (record("new", regex="b is no"), {"git/b": {"pattern"}}),
        ({"signature": "fatal: A is no thing"}, {"git/a": {"pattern"}}),
    ],
    ids=["the same", "an update", "an alias", "withdrawn", "signature", "copy", "its pattern", "their pattern"],
)
def test_the_record_that_may_be_the_same_is_named(draft: Json, expected: dict[str, set[str]], made: Base) -> None:
    proposal = proposed(made, draft)
    assert kin(proposal) == expected
    assert list(violations(proposal.document(), "propose.v1")) == []


def test_what_was_withdrawn_could_not_be_published(made: Base) -> None:
    assert not proposed(made, record("gone")).is_publishable


def test_without_a_base_a_draft_is_judged_by_itself(base: Base) -> None:
    base.configure("")
    proposal = proposed(base, record("new"))
    assert (proposal.is_publishable, proposal.kin) == (True, ())


@pytest.mark.parametrize("name", ["draft.yaml", "draft.yml", "-"])
def test_yaml_is_taken_too(name: str, made: Base) -> None:
    raw = b"# of a person\nid: git/y\nsignature: 'fatal: y'\n"
    if name == "-":
        proposal = job.propose(made.workspace, Path("-"), Request(DAY, jobs=1), io.BytesIO(raw))
    else:
        proposal = proposed(made, raw, name)
    assert (proposal.record, proposal.file[-5:]) == ("git/y", ".yaml")
    assert not proposal.is_publishable


@pytest.mark.parametrize(
    ("name", "raw", "place"),
    [
        ("draft.json", encoded(record("s", root_cause=f"use {TOKEN}")), "/root_cause: "),
        ("draft.json", encoded({"signature": "x", "extensions": {TOKEN: 1}}), "/extensions/"),
        ("draft.json", b'{"signature": "' + TOKEN.encode(), "the record holds a GitHub token"),
        ("draft.yaml", b"# " + TOKEN.encode() + b"\nsignature: x\n", "the record holds a GitHub token"),
        ("two.ndjson", b'{"signature": "x"}\n' + encoded({"signature": TOKEN}), "/signature: "),
    ],
)
def test_a_draft_with_a_credential_is_refused_by_its_place_and_not_written(
    name: str, raw: bytes, place: str, made: Base
) -> None:
    with pytest.raises(KbError) as refused:
        proposed(made, raw, name)
    assert place in str(refused.value)
    assert str(refused.value).endswith("nothing was written")
    assert TOKEN not in str(refused.value)
    assert not (made.root / "raw/inbox").exists()


@pytest.mark.parametrize(
    ("name", "raw", "why"),
    [
        ("draft.json", b"{", "is no record: not strict JSON"),
        ("draft.json", b"[]", "holds no record"),
        ("draft.json", b'"text"', "is no record: a record is a JSON object, this is text"),
        ("draft.json", b'{"name": "left-pad", "version": "1"}', "is no record: it has none of signature, regex"),
        ("draft.json", b"\xff\xfe{", "is no record"),
        ("draft.json", b" \n", "is empty"),
        (
            "two.ndjson",
            b'{"signature": "x"}\n{"signature": "y"}\n',
            "holds more than one record; propose one at a time",
        ),
        ("draft.json", b'{"signature": "' + b"x" * job.LARGEST + b'"}', "is longer than 1,048,576 bytes"),
        ("draft.txt", b"{}", "a draft is a plain file, .json"),
        ("draft.json.gz", b"\x1f\x8b", "a draft is a plain file, .json"),
        ("draft.yaml", b"just words\n", "is no record"),
    ],
)
def test_what_is_no_record_is_refused_in_one_line(name: str, raw: bytes, why: str, made: Base) -> None:
    with pytest.raises(KbError) as refused:
        proposed(made, raw, name)
    assert why in str(refused.value)
    assert str(refused.value).endswith("nothing was written")
    assert "\n" not in str(refused.value)
    assert not (made.root / "raw/inbox").exists()


def test_an_inbox_that_no_ingest_reads_takes_no_draft(base: Base) -> None:
    base.configure('exclude = ["inbox/*"]')
    with pytest.raises(KbError, match=r"`exclude` in kb\.toml leaves it out"):
        proposed(base, record("new"))
