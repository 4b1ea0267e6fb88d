"""What is read again: every record of a file is judged or known, whatever became of the file, and the plan stays as it is."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import sources
from kb.model import Origin
from kb.planning import standing
from kb.planning.plan import Plan, plan_for
from kb.planning.reread import Reread
from kb.rules import ruleset
from kb.store.build import Draft, Moved, change
from tests.bases import DAY, Base, ndjson, record

NAME = "raw/x.ndjson"


def planned(base: Base) -> Plan:
    rules = ruleset.of(base.workspace, DAY)
    with standing.found(base.workspace) as existing:
        plan, _ = plan_for(base.workspace, [base.root / "raw"], rules, existing, None, rehash=False)
    return plan


def test_records_that_moved_are_not_judged_again(base: Base) -> None:
    base.put(NAME, ndjson(*map(record, "abc")))
    base.ingest()
    base.put(NAME, ndjson(*map(record, "cda")))
    plan = planned(base)
    before = repr(plan)
    reread = Reread(plan)
    with change(base.workspace.store) as draft:
        judged = [incoming.origin.position for incoming in reread.incoming(draft)]
    assert judged == [1]
    assert sorted(reread.moved) == [Moved(NAME, 0, 2, 3), Moved(NAME, 2, 0, 1)]
    assert reread.dropped == [(NAME, 1)]
    assert [(file.path, file.records) for file in reread.seen] == [(NAME, 3)]
    assert repr(plan) == before


class Known:
    """The base before: what it knows of one file, and nothing else."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def known_files(self) -> set[str]:
        return {NAME} if self.lines else set()

    def inputs_of(self, name: str) -> list[Origin]:
        return [Origin(name, i, i + 1, sources.digest(line.encode())) for i, line in enumerate(self.lines)]


LINES = st.lists(st.sampled_from([f'{{"id": "git/{letter}"}}' for letter in "abc"]), min_size=1, max_size=7)


@given(
    before=LINES | st.just([]), after=LINES, concerned=st.sets(st.integers(0, 6)), anew=st.sampled_from([(), (NAME,)])
)
def test_what_is_judged_and_what_is_known_make_up_the_file(
    before: list[str],
    after: list[str],
    concerned: set[int],
    anew: tuple[str, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "x.ndjson"
    path.write_text("".join(f"{line}\n" for line in after), encoding="utf-8")
    file = sources.SourceFile(NAME, str(path), path.stat().st_size, 0, 0)
    places = {(NAME, i) for i in concerned if i < len(before)}
    plan = Plan(
        [sources.Root("raw", (file,), ())], [], [file], [], [], rejudged=False, fresh=False, history=None, whole=True,
        anew=frozenset(anew), concerned={NAME: places},
    )  # fmt: skip
    reread = Reread(plan)
    judged = {one.origin.position: one.origin.digest for one in reread.incoming(cast("Draft", Known(before)))}

    standing_now = {i: sources.digest(line.encode()) for i, line in enumerate(before)}
    kept = {i: digest for i, digest in standing_now.items() if (NAME, i) not in reread.dropped}
    kept = {{move.old_position: move.position for move in reread.moved}.get(i, i): digest for i, digest in kept.items()}
    assert judged.keys().isdisjoint(kept)
    assert judged | kept == {i: sources.digest(line.encode()) for i, line in enumerate(after)}
    if not (places or anew):
        assert len(kept) == sum(min(before.count(line), after.count(line)) for line in set(after)), "no more is judged"
