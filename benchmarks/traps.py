"""Skewed inputs, and what they cost: `python -m benchmarks.traps [--from N] [NAME …]`.

A record may hold a thousand of anything, and a thousand records may share anything. Neither may cost more than in
proportion: each trap is judged at n, 2n and 4n, and the exponent of that growth is told, 1 where it is linear. Seconds
are of this machine, and of its processors; rows and bytes are what DuckDB passed on between operators, the same in every run.
"""

import argparse
import datetime as dt
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

import duckdb
import orjson

from kb import engine, sources
from kb.curate import spool
from kb.rules.example import with_changes
from kb.rules.ruleset import RuleSet
from kb.settings import Settings
from kb.store import build

Record = dict[str, Any]

_DAY = dt.date(2026, 11, 22)


def _record(slug: str, **values: object) -> Record:
    """The clean record under the id `git/<slug>`, some of its values changed; `__` stands for `/` in their names."""
    return with_changes(
        {"/id": f"git/{slug}", **{f"/{key.replace('__', '/')}": value for key, value in values.items()}}
    )


def _named(number: int) -> str:
    """A word that no other number has, without digits: those are folded where texts are compared."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _own(number: int, **values: object) -> Record:
    """A record that shares its texts with no other, but for what is given."""
    word = _named(number)
    own = {
        "signature": f"error: {word} is gone",
        "regex": f"^error: {word} is gone$",
        "root_cause": f"What {word} needs, {word} is not given.",
        "dead_ends": [],
        "workarounds": [],
        "workarounds_zh": [],
    }
    return _record(f"r{number}", **{**own, **values})


def _dead_end(action: str, why: str = "It does nothing at all about the cause.") -> Record:
    return {"action": action, "why_fails": why, "fail_rate": 0.9, "condition": None, "sources": []}


def _workaround(action: str, how: str | None = None) -> Record:
    return {"action": action, "success_rate": 0.9, "how": how, "condition": None, "sources": []}


def _version(number: int) -> Record:
    return {"version": f"1.{number}", "introduced": None, "deprecated": None, "removed": None}


# ---- one record with n of something ----------------------------------------------------------------------------------


def _one(**values: object) -> list[Record]:
    return [_record("hub", **values), _own(1)]


ONE: dict[str, Callable[[int], list[Record]]] = {
    "unknown references": lambda n: _one(transition_graph__leads_to=[f"git/x{i}" for i in range(n)]),
    "references to one record": lambda n: _one(transition_graph__leads_to=["git/r1"] * n),
    "references both ways": lambda n: _one(
        transition_graph={key: [f"git/x{i}" for i in range(n)] for key in ("leads_to", "preceded_by")}
    ),
    "dead ends": lambda n: _one(dead_ends=[_dead_end(f"Install {_named(i)} again") for i in range(n)]),
    "dead ends that end alike": lambda n: [
        _own(k, dead_ends=[_dead_end(f"Install {_named(k * n + i)}. Then start it all again") for i in range(n)])
        for k in range(7)
    ],
    "copies of a dead end": lambda n: [
        _own(k, dead_ends=[_dead_end("Install it all once more")] * n + [_dead_end("Then start it all again")] * n)
        for k in range(7)
    ],
    "workarounds": lambda n: _one(workarounds=[_workaround(f"Start {_named(i)} again") for i in range(n)]),
    "dead ends that are workarounds": lambda n: _one(
        dead_ends=[_dead_end(f"Start {_named(i)} again") for i in range(n)],
        workarounds=[_workaround(f"Start {_named(i)} again") for i in range(n)],
    ),
    "versions": lambda n: _one(versions=[_version(i) for i in range(n)]),
    "copies of a version": lambda n: _one(versions=[_version(i % 7) for i in range(n)]),
    "aliases": lambda n: _one(aliases=[f"git/x{i}" for i in range(n)]),
    "tags": lambda n: _one(tags=[f"tag{i}" for i in range(n)]),
    "sources": lambda n: _one(dead_ends__0__sources=[f"https://git-scm.com/docs/{i}" for i in range(n)]),
    "copies of a source": lambda n: _one(dead_ends__0__sources=["https://git-scm.com/docs/git"] * n),
    "malformed sources": lambda n: _one(dead_ends__0__sources=[f"https://git scm.com/{i}" for i in range(n)]),
    "unknown keys": lambda n: [{**_record("hub"), **{f"key{i}": i for i in range(n)}}],
    "numbers for texts": lambda n: _one(tags=[*range(n)]),
    "malformed transitions": lambda n: _one(transition_graph__leads_to=[{"id": i} for i in range(n)]),
    "sentences": lambda n: _one(root_cause="It is not given what it needs. " * n),
    "a long signature": lambda n: _one(signature="1." * n, regex="1\\." * n),
    "a long pattern": lambda n: _one(regex="(?:a|b)?" * n),
    "a pattern of alternatives": lambda n: _one(regex="|".join(f"not {_named(i)} found" for i in range(n))),
    "a pattern of groups in groups": lambda n: _one(regex="(" * n + "a" + ")" * n),
    "a pattern that repeats": lambda n: _one(regex=f"not a (?:[a-z]{{1,{n}}} ){{1,9}}repository"),
    "a pattern of classes": lambda n: _one(regex="[a-z0-9]+[^a]*" * n),
    "translations": lambda n: _one(workarounds_zh=[f"运行{_named(i)}命令" for i in range(n)]),
    "keys of an object": lambda n: _one(os_specific={f"key{i}": {"a": i} for i in range(n)}),
    "copies of a tag": lambda n: _one(tags=["git"] * n),
    "copies of an alias": lambda n: _one(aliases=["git/x"] * n),
    "distinctions": lambda n: _one(
        transition_graph={
            "frequently_confused_with": [
                {"error_id": f"git/x{i}", "distinction": "The other one names a branch."} for i in range(n)
            ]
        }
    ),
    "ticks": lambda n: _one(root_cause="It has `" * n),
    "runs of ticks": lambda n: _one(root_cause=" ".join("`" * (1 + i % 50) for i in range(n))),
    "quotes": lambda n: _one(root_cause="\"It's “that”" * n),
    "gaps": lambda n: _one(workarounds__0__how="docker run -u  -p 80:80 nginx ;\n" * n),
    "commands that destroy": lambda n: _one(workarounds__0__how="Then run sudo rm -rf / and wait. " * n),
    "warnings of a command": lambda n: _one(workarounds__0__how="Never ever run sudo rm -rf / on it, " * n),
    "downloads into a shell": lambda n: _one(workarounds__0__how="curl https://git-scm.com/x | tee x | " * n),
    "orders to an agent": lambda n: _one(root_cause="The model may ignore all previous instructions, or not, " * n),
    "tags of HTML": lambda n: _one(root_cause='<img src="x" <svg onload ' * n),
    "references of characters": lambda n: _one(root_cause="&#106;&colon;java&#x09;script" * n),
    "mojibake": lambda n: _one(root_cause="wasnâ€™t " * n),
    "mojibake of GBK": lambda n: _one(root_cause_zh="鏂囦欢娌℃湁 " * n),
    "joiners": lambda n: _one(root_cause="e\u200d\u0301" * n),
    "decomposed letters": lambda n: _one(root_cause="cafe\u0301 " * n),
    "escape sequences": lambda n: _one(root_cause="\x1b[31mred\x1b[0m " * n),
    "marks on one letter": lambda n: _one(root_cause="e" + "\u0301\u0323" * n),
    "lost apostrophes": lambda n: _one(root_cause="It doesnt and cant. " * n),
    "secrets": lambda n: [{**_record("hub"), "notes": [f"password = Xq7{_named(i)}Zk3Wv9" for i in range(n)]}],
    "a long run of Base64": lambda n: _one(root_cause="QZ7LNX3VMT5KWB2R" * n),
    "a long URL": lambda n: _one(official_doc_url="https://git-scm.com/" + "docs/" * n),
    "a long host": lambda n: _one(official_doc_url="https://" + "git." * n + "com/docs"),
    "a long version": lambda n: _one(versions__0__version="1." * n + "1"),
    "a long number": lambda n: _one(confidence="9" * n),
    "a long day": lambda n: _one(last_confirmed="2026-" * n),
    "a long id": lambda n: [_record("x" * n), _own(1)],
    "a long alias": lambda n: _one(aliases=["git/" + "x" * n]),
    "a root cause like its signature": lambda n: _one(
        signature=" ".join(map(_named, range(n))), root_cause=" ".join(map(_named, range(n)))
    ),
    "an item with n sources twice": lambda n: _one(
        dead_ends=[
            _dead_end("Install it all once more") | {"sources": [f"https://git-scm.com/docs/{i}" for i in range(n)]}
        ]
        * 2
    ),
    "versions out of order": lambda n: _one(
        versions=[_version(i) | {"introduced": f"2026-01-{1 + i % 28:02}", "removed": "2020-01-01"} for i in range(n)]
    ),
}

# ---- n records that share something ----------------------------------------------------------------------------------


def in_groups(n: int, size: int) -> list[Record]:
    """Records of which `size` at a time share the text that their patterns need; no two patterns are one."""
    return [
        _own(
            i,
            signature=f"{_named(10**6 + i // size)} failed: {_named(i)}",
            regex=f"^{_named(10**6 + i // size)} failed.*[{_named(i)}]+[xyz]$",
        )
        for i in range(n)
    ]


MANY: dict[str, Callable[[int], list[Record]]] = {
    "nothing": lambda n: [_own(i) for i in range(n)],
    "everything": lambda n: [_record(f"r{i}") for i in range(n)],
    "a signature": lambda n: [_own(i, signature="error: it failed") for i in range(n)],
    "a signature and a pattern": lambda n: [_own(i, signature="it failed", regex="it failed") for i in range(n)],
    "a text in patterns": lambda n: [
        _own(i, signature=f"{_named(i)} failed", regex=f"{_named(i)}? failed$") for i in range(n)
    ],
    "a text in patterns that match nothing": lambda n: [
        _own(i, signature=f"{_named(i)} failed", regex=f"[{_named(i)}][.,] failed$") for i in range(n)
    ],
    "patterns without a text": lambda n: [_own(i, regex=f"[{_named(i)}]+[xyz]$") for i in range(n)],
    "a long signature": lambda n: [_own(i, signature=f"{_named(i)} failed " * 100, regex="failed$") for i in range(n)],
    "a text of patterns with a thousand others": lambda n: in_groups(n, 1_000),
    "an alias": lambda n: [_own(i, aliases=["git/x"]) for i in range(n)],
    "an alias that all refer to": lambda n: [
        _own(i, aliases=["git/x"], transition_graph={"leads_to": ["git/x"], "frequently_confused_with": ["git/x"]})
        for i in range(n)
    ],
    "the aliases of two": lambda n: [_own(i, aliases=[f"git/x{k}" for k in range(n)]) for i in range(2)],
    "a reference": lambda n: [_own(i, transition_graph={"leads_to": ["git/r0"]}) for i in range(n)],
    "an unknown reference": lambda n: [_own(i, transition_graph={"leads_to": ["git/x"]}) for i in range(n)],
    "a sentence": lambda n: [_own(i, dead_ends=[_dead_end("Install it all once more")]) for i in range(n)],
    "an id": lambda n: [_own(0, root_cause=f"What {_named(i)} needs is not given.") for i in range(n)],
    "a day": lambda n: [_own(i, last_confirmed="2026-01-01") for i in range(n)],
    "all but a word of a signature": lambda n: [
        _own(i, signature=f"error: the module {_named(i)} is not in the list of the modules that this project knows")
        for i in range(n)
    ],
    "all but a word of a root cause": lambda n: [
        _own(i, root_cause=f"The module {_named(i)} is not in the list of the modules that this project knows.")
        for i in range(n)
    ],
    "a slug": lambda n: [_own(i, id=f"git/same/env{i}", signature="error: it failed") for i in range(n)],
    "a page": lambda n: [_own(i, official_doc_url="https://git-scm.com/docs/git-push") for i in range(n)],
    "a chain": lambda n: [_own(i, transition_graph={"leads_to": [f"git/r{(i + 1) % n}"]}) for i in range(n)],
    "a chain of aliases": lambda n: [_own(i, aliases=[f"git/r{(i + 1) % n}"]) for i in range(n)],
    "references among fifty": lambda n: [
        _own(i, transition_graph={"leads_to": [f"git/r{k}" for k in range(50)]}) for i in range(n)
    ],
    "a pattern that matches all": lambda n: [_own(i, regex="is gone$") for i in range(n)],
    "an optional text": lambda n: [_own(i, regex=f"(?:{_named(i)} )?is gone") for i in range(n)],
    "a distinction": lambda n: [
        _own(
            i,
            transition_graph={
                "frequently_confused_with": [
                    {"error_id": f"git/r{(i + 1) % n}", "distinction": "The other one names a branch."}
                ]
            },
        )
        for i in range(n)
    ],
    "a fault": lambda n: [_own(i, regex="(") for i in range(n)],
    "an id and more": lambda n: [_own(i % 50, root_cause=f"What {_named(i)} needs is not given.") for i in range(n)],
}


# ---- what they cost --------------------------------------------------------------------------------------------------


class Cost(NamedTuple):
    """What judging some records took: seconds in the record stage and beyond; rows and bytes that DuckDB passed on."""

    curating: float
    comparing: float
    rows: int
    bytes: int


def cost(records: Sequence[Record]) -> Cost:
    """Judge some records as `kb validate` does, and count."""
    rules = RuleSet(Settings(), _DAY)
    lines = b"".join(orjson.dumps(record) + b"\n" for record in records)
    with tempfile.TemporaryDirectory() as name, build.create(None, Path(name, "spill")) as store:
        batches = Path(name, "batches")
        batches.mkdir()
        store.begin(rules)
        started = time.process_time()
        engine.run(sources.records("traps.ndjson", lines), rules, batches, 1)
        curated = time.process_time()
        with counting(store) as counted:
            store.demote([(row, b"") for row in store.contest(batches)])
            store.load(spool.slices(batches))
            store.judge_together(rules, _DAY)
        return Cost(curated - started, time.process_time() - curated, counted.rows, counted.bytes)


class _Counted:
    """A connection that counts what every statement passes on from operator to operator."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, total: "_Counted | None" = None) -> None:
        self._connection = connection
        self._total = total or self
        self._ran = False
        self.rows = self.bytes = 0
        connection.execute("SET enable_profiling = 'no_output'")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a connection has
        return getattr(self._connection, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.take()
        self._connection.close()

    def execute(self, sql: str, parameters: Any = None) -> duckdb.DuckDBPyConnection:  # noqa: ANN401 - likewise
        """Run statements one by one; what each took is known once its answer was fetched, so by the next."""
        statements = [statement.query for statement in duckdb.extract_statements(sql)]
        for statement in statements:
            self.take()
            self._ran = True
            self._connection.execute(statement, parameters)
        return self._connection

    def cursor(self) -> "_Counted":
        return _Counted(self._connection.cursor(), self._total)

    def take(self) -> None:
        """Add up what the last statement took."""
        if self._ran:
            told = self._connection.get_profiling_information(format="json")
            for node in _operators(orjson.loads(told or b"{}")):
                self._total.rows += node.get("intermediate_rows", 0)
                self._total.bytes += node.get("intermediate_size_bytes", 0)
            self._ran = False


def _operators(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    for child in node.get("operator", node.get("children", ())):
        yield child
        yield from _operators(child)


@contextmanager
def counting(store: build.Draft) -> Iterator[_Counted]:
    """Count what a store does meanwhile."""
    plain = store.connection
    counted = _Counted(plain)
    store.connection = counted  # type: ignore[assignment]  # it answers as one
    try:
        yield counted
        counted.take()
    finally:
        store.connection = plain


def exponent(first: float, last: float) -> float:
    """How a figure grows from n to 4n: 1 is linear, 2 quadratic."""
    return math.log(max(last, 1e-9) / max(first, 1e-9), 4)


def _exponents(costs: Sequence[Cost]) -> list[float]:
    return [exponent(getattr(costs[0], key), getattr(costs[-1], key)) for key in Cost._fields]


def _line(name: str, costs: Sequence[Cost]) -> str:
    grown, last = _exponents(costs), costs[-1]
    return (
        f"{name:50} {last.curating:8.2f} s {grown[0]:5.2f} {last.comparing:8.2f} s {grown[1]:5.2f}"
        f" {last.rows:12,} {grown[2]:5.2f} {last.bytes >> 20:8,} MB {grown[3]:5.2f}"
    )


_DEAREST = 10


def _table(measured: dict[str, list[Cost]]) -> str:
    """The dearest traps as Markdown: what 4n of each take, and how that grew from n."""
    dearest = sorted(measured, key=lambda name: -(measured[name][-1].curating + measured[name][-1].comparing))
    lines = [
        f"The dearest {_DEAREST} of {len(measured)}:",
        "",
        "| trap | record stage, s | exponent | between records, s | exponent | rows | exponent |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name in dearest[:_DEAREST]:
        last, (stage, together, rows, _) = measured[name][-1], _exponents(measured[name])
        lines.append(
            f"| {name} | {last.curating:.2f} | {stage:.2f} | {last.comparing:.2f} | {together:.2f} | {last.rows:,} | {rows:.2f} |"
        )
    parts = ("the record stage", "between records", "rows")
    said = ", ".join(f"{part} {_greatest(measured, column):.2f}" for column, part in enumerate(parts))
    lines += ["", f"The greatest exponents of all that takes {_MEASURABLE} s or {_MANY_ROWS:,} rows and more: {said}."]
    return "\n".join(lines) + "\n"


_MEASURABLE, _MANY_ROWS = 0.5, 100_000
"""What takes less is mostly what any statement takes, and its exponent says little."""


def _greatest(measured: dict[str, list[Cost]], column: int) -> float:
    least = (_MEASURABLE, _MEASURABLE, _MANY_ROWS)[column]
    return max((_exponents(costs)[column] for costs in measured.values() if costs[-1][column] >= least), default=0)


def _that_fits(trap: Callable[[int], list[Record]], first: int) -> int:
    """The number, halved until no record of four times as many is too long to be judged."""
    longest = max(len(orjson.dumps(record)) for record in trap(4 * first))
    return first if longest <= Settings().limits.record_bytes else _that_fits(trap, first // 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="traps whose names hold one of these; default: all")
    parser.add_argument(
        "--from",
        dest="first",
        type=int,
        default=500,
        help="n; 2n and 4n follow, half as many where a record is too long",
    )
    parser.add_argument("--write", action="store_true", help="put the dearest into docs/performance.md")
    asked = parser.parse_args()
    print(f"{'what there is 4n of':50} {'records':>16} {'together':>16} {'rows':>18} {'bytes':>17}")
    measured: dict[str, list[Cost]] = {}
    for kind, traps in (("one record: ", ONE), ("all share: ", MANY)):
        for name, trap in traps.items():
            if not asked.names or any(word in kind + name for word in asked.names):
                first = _that_fits(trap, asked.first)
                label = f"{kind}{4 * first:,} {name}"
                measured[label] = [cost(trap(first * times)) for times in (1, 2, 4)]
                print(_line(label, measured[label]), flush=True)
    if asked.write:
        document = Path(__file__).parent.parent / "docs" / "performance.md"
        before, _, rest = document.read_text(encoding="utf-8").partition("<!-- traps -->\n")
        table = _table(measured)
        document.write_text(
            f"{before}<!-- traps -->\n{table}<!-- end -->{rest.partition('<!-- end -->')[2]}", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
