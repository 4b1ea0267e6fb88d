"""How often the right record comes first, and nothing where there is none: kb, and three simpler ways beside it.

Half of the failures, by a digest of their names, are there to tune on; the figures are of the other half. The threshold of each
simpler way is the one that keeps nine in ten of its right answers on the first half; that of kb is its default.

    python -m benchmarks.matching.evaluate            # the table of the half that nothing was tuned on
    python -m benchmarks.matching.evaluate --tuning   # of the other half
    python -m benchmarks.matching.evaluate --faults   # and each failure that kb gets wrong
    python -m benchmarks.matching.evaluate --curve    # what each threshold of kb would give, for docs/match.md
"""

import argparse
import hashlib
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from benchmarks.matching import ordinary_lines, provoke, rustc
from kb.analysis.error_terms import terms
from kb.jobs import ingest
from kb.judging.request import Request
from kb.match.match_index import MatchIndex
from kb.match.ranking import Ranker
from kb.settings import Match
from kb.workspace import MATCH_INDEX, find

HERE = Path(__file__).parent

RAW = HERE.parents[1] / "raw"

KEPT = 0.9
"""The share of right answers that the threshold of a simpler way keeps."""


class Query(NamedTuple):
    """What a tool printed, and the record that it is; None, where the base has none."""

    name: str
    lines: tuple[str, ...]
    record: str | None


class Answered(NamedTuple):
    """The nearest records to a query, the nearest first, with their scores."""

    ranked: tuple[tuple[float, str], ...]

    @property
    def score(self) -> float:
        """That of the nearest; 0, where there is none."""
        return self.ranked[0][0] if self.ranked else 0.0


Way = Callable[[str], list[tuple[float, str]]]
"""Ranks the records for a line."""


def _answer(way: Way, lines: Sequence[str]) -> Answered:
    """The best score of each record over the lines."""
    best: dict[str, float] = {}
    for line in lines:
        for score, record in way(line):
            best[record] = max(score, best.get(record, 0.0))
    ranked = sorted(((score, record) for record, score in best.items()), key=lambda one: (-one[0], one[1]))
    return Answered(tuple(ranked[:3]))


# ---- the ways --------------------------------------------------------------------------------------------------------


def by_kb(folder: Path) -> Way:
    """What `kb match` does with a line."""
    ranker = Ranker(MatchIndex.open(folder / ".kb" / MATCH_INDEX))
    return lambda line: [(near.score, ranker.id(near.record)) for near in ranker.nearest(line)[:5]]


def by_bm25(documents: Sequence[dict[str, Any]]) -> Way:
    """BM25 over all that a record says."""
    import bm25s  # noqa: PLC0415 - for this table alone

    def words(text: str) -> list[str]:
        return [term.text for term in terms(text)]

    retriever = bm25s.BM25()
    retriever.index([words(_all_text(document)) for document in documents], show_progress=False)
    ids = [document["id"] for document in documents]
    known = set(retriever.vocab_dict)

    def rank(line: str) -> list[tuple[float, str]]:
        asked = [word for word in words(line) if word in known]
        if not asked:
            return []
        found, scores = retriever.retrieve([asked], k=5, show_progress=False)
        return [(float(score), ids[number]) for number, score in zip(found[0], scores[0], strict=True) if score > 0]

    return rank


def by_patterns(documents: Sequence[dict[str, Any]]) -> Way:
    """The patterns alone; of several that match, the one that matches most of the line."""
    compiled = []
    for document in documents:
        try:
            compiled.append((re.compile(document["regex"], re.IGNORECASE), document["id"]))
        except re.error:
            continue

    def rank(line: str) -> list[tuple[float, str]]:
        hits = [
            (match.end() - match.start(), record) for pattern, record in compiled if (match := pattern.search(line))
        ]
        return sorted(((length / (len(line) or 1), record) for length, record in hits), reverse=True)[:5]

    return rank


def by_likeness(documents: Sequence[dict[str, Any]]) -> Way:
    """How alike a line and a signature are, by rapidfuzz."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - likewise

    signatures = [
        (text, document["id"]) for document in documents for text in [document["signature"], *document["signatures"]]
    ]

    def rank(line: str) -> list[tuple[float, str]]:
        found = process.extract(line, [text for text, _ in signatures], scorer=fuzz.token_set_ratio, limit=5)
        return [(score / 100, signatures[number][1]) for _, score, number in found]

    return rank


def _all_text(document: dict[str, Any]) -> str:
    items = [*document["dead_ends"], *document["workarounds"]]
    actions = [item["action"] for item in items]
    return " ".join([document["signature"], *document["signatures"], document["root_cause"] or "", *actions])


# ---- the sets --------------------------------------------------------------------------------------------------------


def provoked(*, tuning: bool, published: Collection[str]) -> list[Query]:
    """One half of the provoked failures; where the record that knows one was rejected, none does."""
    queries = [
        Query(
            f"{one['tool']}/{one['name']}", _lines(one["output"]), one["record"] if one["record"] in published else None
        )
        for one in provoke.read()
    ]
    return [query for query in queries if (hashlib.sha256(query.name.encode()).digest()[0] % 2 == 0) == tuning]


def ordinary() -> list[Query]:
    """Lines that tools printed while all was well: each is a query to which there is no answer."""
    return [Query(tool, (line,), None) for tool, line in ordinary_lines.read()]


def _lines(output: str) -> tuple[str, ...]:
    return tuple(line.rstrip() for line in output.splitlines() if line.strip())


def _base(folder: Path, records: Path) -> list[dict[str, Any]]:
    """Ingest records in a folder; the published ones."""
    workspace = find(folder)
    ingest.ingest(workspace, [records], Request(as_of=workspace.as_of(None), step=lambda _: None))
    return [orjson.loads(path.read_bytes()) for path in sorted((folder / "curated" / "records").rglob("*.json"))]


# ---- the figures -----------------------------------------------------------------------------------------------------


class Figures(NamedTuple):
    """What a way comes to; shares from 0 to 1, None where there was nothing to ask."""

    first: float | None
    within_three: float | None
    answered: float | None
    wrong: float | None
    none: float | None
    false: float | None
    auroc: float | None


def figures(
    known: Sequence[tuple[Query, Answered]], unknown: Sequence[Answered], plain: Sequence[Answered], at: float
) -> Figures:
    """The figures for a threshold: of failures with a record, of those without, and of ordinary lines."""
    given = [(query.record, [record for score, record in answer.ranked if score >= at]) for query, answer in known]
    return Figures(
        first=_share(ids[:1] == [record] for record, ids in given),
        within_three=_share(record in ids for record, ids in given),
        answered=_share(bool(ids) for _, ids in given),
        wrong=_share(bool(ids) and ids[0] != record for record, ids in given),
        none=_share(answer.score < at for answer in unknown),
        false=_share(answer.score >= at for answer in plain),
        auroc=auroc([answer.score for _, answer in known], [answer.score for answer in (*unknown, *plain)]),
    )


def _share(truths: Iterable[bool]) -> float | None:
    counted = list(truths)
    return sum(counted) / len(counted) if counted else None


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The chance that an error with a record scores higher than what has none; ties count half (Mann and Whitney's U)."""
    if not positive or not negative:
        return None
    ranked = sorted([(score, True) for score in positive] + [(score, False) for score in negative])
    total, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        total += (at + end + 1) / 2 * sum(is_known for _, is_known in ranked[at:end])
        at = end
    return (total - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative))


def _threshold(known: Sequence[tuple[Query, Answered]]) -> float:
    """The one that keeps so large a share of the right answers."""
    right = sorted(
        (answer.score for query, answer in known if answer.ranked and answer.ranked[0][1] == query.record), reverse=True
    )
    return right[min(len(right) - 1, int(KEPT * len(right)))] if right else 1.0


def _ways(folder: Path, documents: Sequence[dict[str, Any]]) -> Iterator[tuple[str, Way]]:
    yield "kb match", by_kb(folder)
    yield "BM25 (bm25s)", by_bm25(documents)
    yield "patterns alone", by_patterns(documents)
    yield "rapidfuzz", by_likeness(documents)


def _parted(way: Way, queries: Sequence[Query]) -> tuple[list[tuple[Query, Answered]], list[Answered]]:
    answers = [(query, _answer(way, query.lines)) for query in queries]
    return [one for one in answers if one[0].record is not None], [
        answer for query, answer in answers if query.record is None
    ]


def table(folder: Path, documents: Sequence[dict[str, Any]], *, tuning: bool) -> None:
    """Print the table of the provoked failures."""
    plain_lines = ordinary()
    published = {document["id"] for document in documents}
    other, asked = provoked(tuning=True, published=published), provoked(tuning=tuning, published=published)
    print(
        f"{len(documents)} records; {len(asked)} failures of {len({query.name.split('/')[0] for query in asked})} tools,"
    )
    print(f"{sum(query.record is not None for query in asked)} with a record; {len(plain_lines):,} ordinary lines\n")
    _head()
    for name, way in _ways(folder, documents):
        at = Match().score if name == "kb match" else _threshold(_parted(way, other)[0])
        known, unknown = _parted(way, asked)
        plain = [_answer(way, query.lines) for query in plain_lines]
        _row(name, at, figures(known, unknown, plain, at))


def rustc_table(folder: Path) -> None:
    """Print the table of rustc's error index: explanations are the records, what rustc prints for their examples the queries."""
    raw = folder / "raw"
    raw.mkdir()
    queries = [Query(name, _lines(output), record) for name, output, record in rustc.write(raw)]
    documents = _base(folder, raw)
    published = {document["id"] for document in documents}
    queries = [query for query in queries if query.record in published]
    print(f"\nrustc's error index: {len(documents)} records, {len(queries)} outputs without their code\n")
    _head()
    for name, way in _ways(folder, documents):
        known, _ = _parted(way, queries)
        at = Match().score if name == "kb match" else _threshold(known)
        _row(name, at, figures(known, [], [], at))


def _head() -> None:
    print(
        "| way | threshold | first | within 3 | answered | wrong | none where none | ordinary lines answered | AUROC |"
    )
    print("|---|---|---|---|---|---|---|---|---|")


def _row(name: str, at: float, found: Figures) -> None:
    cells = [f"{at:.2f}", *(_percent(share, 1) for share in found[:5]), _percent(found.false, 2)]
    cells.append("–" if found.auroc is None else f"{found.auroc:.4f}")
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _percent(share: float | None, digits: int) -> str:
    return "–" if share is None else f"{share:.{digits}%}"


def faults(folder: Path, published: Collection[str], *, tuning: bool) -> None:
    """Print what kb gets wrong."""
    way = by_kb(folder)
    for query in provoked(tuning=tuning, published=published):
        answer = _answer(way, query.lines)
        given = [(round(score, 2), record) for score, record in answer.ranked]
        is_answered = answer.score >= Match().score
        if is_answered != (query.record is not None) or (is_answered and given[0][1] != query.record):
            print(f"{query.name}: wanted {query.record}, got {given}")
            print(f"    {query.lines[:3]}")
    for query in ordinary():
        answer = _answer(way, query.lines)
        if answer.score >= Match().score:
            print(f"{query.name}: {answer.ranked[0]} {query.lines[0]}")


def curve(folder: Path, published: Collection[str]) -> None:
    """Print what each threshold of kb would give, on the half to tune on."""
    way = by_kb(folder)
    known, unknown = _parted(way, provoked(tuning=True, published=published))
    plain = [_answer(way, query.lines) for query in ordinary()]
    print("| score | first | wrong | none where none | ordinary lines answered |")
    print("|---|---|---|---|---|")
    for step in range(50, 100, 5):
        found = figures(known, unknown, plain, step / 100)
        shares = [_percent(share, 1) for share in (found.first, found.wrong, found.none)]
        print(f"| {step / 100:.2f} | {' | '.join(shares)} | {_percent(found.false, 2)} |")


def main() -> None:
    """Ingest raw/ and ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag in ("--tuning", "--faults", "--curve"):
        parser.add_argument(flag, action="store_true")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="matching-") as scratch,
        tempfile.TemporaryDirectory(prefix="matching-") as other,
    ):
        folder = Path(scratch)
        documents = _base(folder, RAW)
        if asked.curve:
            curve(folder, {document["id"] for document in documents})
        elif asked.faults:
            faults(folder, {document["id"] for document in documents}, tuning=asked.tuning)
        else:
            table(folder, documents, tuning=asked.tuning)
            rustc_table(Path(other))


if __name__ == "__main__":
    main()
