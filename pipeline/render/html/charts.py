"""The charts of the page: what each counts, and how it is drawn. The browser counts again as people filter."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.model import Table

_MOST = 12
"""So many bars of a long list are drawn; the filters and the figures below the charts have all."""

_LISTED = 40
"""So many hosts can be filtered by."""

FRESHNESS = {
    "fresh": "fresh",
    "aging": "aging",
    "stale": "stale",
    "unknown": "never confirmed",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One value that records have: how many have it, and how many declare it (of confidence alone)."""

    key: str
    label: str
    all: int
    declared: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A way to look at the records, and to choose among them."""

    key: str
    title: str
    noun: str
    bars: tuple[Bar, ...]
    note: str = ""

    @property
    def drawn(self) -> tuple[Bar, ...]:
        return self.bars if self.key == "tenth" else self.bars[:_MOST]


def charts(records: Table, ladder: Sequence[str], names: Mapping[str, str]) -> tuple[Chart, ...]:
    """Every chart of these records; `names` are those of the rules."""
    column = {name: [row[i] for row in records.rows] for i, name in enumerate(records.columns)}
    tiers = Counter(column["tier"])
    known = [*(tier for tier in ladder if tier in tiers), *sorted(tiers.keys() - set(ladder))]
    fresh = Counter(column["freshness"])
    codes = _ranked(code for codes in column["codes"] for code in codes)
    return (
        Chart(
            "tenth",
            "Effective confidence",
            "confidence",
            _tenths(column["declared"], column["effective"]),
            "Outlined: as declared.",
        ),
        Chart("tier", "Verification tier", "tier", tuple(Bar(tier, tier, tiers[tier]) for tier in reversed(known))),
        Chart(
            "freshness",
            "Freshness",
            "freshness",
            tuple(Bar(key, label, fresh[key]) for key, label in FRESHNESS.items()),
        ),
        Chart(
            "code",
            "Findings by rule",
            "rule",
            tuple(Bar(code, f"{code} {names.get(code, '')}".rstrip(), n) for code, n in codes),
            "Records with a finding that no fix repaired.",
        ),
        Chart("domain", "Domains", "domain", _bars(_ranked(column["domain"]))),
        Chart(
            "host",
            "Most-cited hosts",
            "host",
            _bars(_ranked(host for hosts in column["hosts"] for host in hosts)[:_LISTED]),
            "Records that cite a page there.",
        ),
    )


def tenth(value: float) -> int:
    """Which tenth of 0 to 1 a value is in; one on a border belongs to the upper one, 1 to the last."""
    return min(int(value * 10 + 1e-9), 9)


def _tenths(declared: Iterable[float], effective: Iterable[float]) -> tuple[Bar, ...]:
    said, worth = Counter(map(tenth, declared)), Counter(map(tenth, effective))
    return tuple(Bar(str(i), f"{i / 10:.1f}–{(i + 1) / 10:.1f}", worth[i], said[i]) for i in range(10))


def _ranked(values: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))


def _bars(ranked: Iterable[tuple[str, int]]) -> tuple[Bar, ...]:
    return tuple(Bar(value, value, n) for value, n in ranked)


def specification(chart: Chart) -> dict[str, Any]:
    """A chart in the grammar of Vega-Lite. Its bars come in under the name `bars`; the style sheet colours its marks."""
    import altair as alt  # noqa: PLC0415 - takes a third of a second

    source = alt.NamedData(name="bars")
    faded = alt.condition("datum.off", alt.value(0.3), alt.value(1))
    if chart.key == "tenth":
        base = alt.Chart(source).encode(
            x=alt.X("label:O", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelExpr="slice(datum.label, 0, 3)")),
        )
        counted = alt.Axis(tickCount=4, tickMinStep=1, format=",d")
        most = max(max(bar.all, bar.declared or 0) for bar in chart.bars)
        marks = [
            base.mark_bar().encode(y=alt.Y("all:Q", title=None, axis=counted, scale=alt.Scale(domain=[0, max(most, 1)]))).properties(name="all"),
            base.mark_bar().encode(y="shown:Q", opacity=faded).properties(name="shown"),
            base.mark_bar().encode(y="declared:Q").properties(name="declared"),
        ]
        return _plain(alt.layer(*marks).properties(width="container", height=190))
    base = alt.Chart(source).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=220, labelOverlap=False))
    )
    axis = alt.Axis(labels=False, grid=False)
    marks = [
        base.mark_bar().encode(x=alt.X("all:Q", title=None, axis=axis)).properties(name="all"),
        base.mark_bar().encode(x="shown:Q", opacity=faded).properties(name="shown"),
        base.mark_text(align="left", dx=4).encode(x="all:Q", text=alt.Text("shown:Q", format=",d")).properties(name="counts"),
    ]
    height = len(chart.drawn) * (19 if len(chart.drawn) > 6 else 30)
    return _plain(alt.layer(*marks).properties(width="container", height=height))


def _plain(chart: Any) -> dict[str, Any]:  # noqa: ANN401 - altair's classes are its own affair
    specification: dict[str, Any] = chart.to_dict()
    del specification["config"]
    return specification


@cache
def library() -> str:
    """The code that draws: Vega, Vega-Lite and Vega-Embed, as vl-convert carries them."""
    import vl_convert  # noqa: PLC0415 - only a page needs it

    code: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return code.replace("\r", "")
