"""The charts of the page: what each counts, and how it is drawn. The browser counts again as people choose."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from kb.errors import KbError
from kb.model import Table
from kb.render.sections import people
from kb.reports.page_data import Page

try:
    import altair as alt
    import vl_convert
    from altair.utils import schemapi
except ModuleNotFoundError as error:
    raise KbError(
        f"the page of a base needs {error.name}, which is not installed; `pip install 'kb-curation[html]'` installs it"
    ) from None

_MOST = 12
"""So many bars of a long list are drawn; the choices and the figures below the charts have all."""

_LISTED = 40
"""So many hosts can be chosen by."""

_STATES = {"unknown": "never confirmed"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One value that records have: how many have it, and how many declare it (of confidence alone)."""

    key: str
    label: str
    all: int
    declared: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A way to look at the records, and to choose among them; `figures` has a row for each bar."""

    key: str
    title: str
    noun: str
    bars: tuple[Bar, ...]
    figures: Table
    note: str = ""

    @property
    def drawn(self) -> int:
        """How many bars are drawn, the first."""
        return len(self.bars) if self.key == "tenth" else min(len(self.bars), _MOST)


def charts(page: Page, names: Mapping[str, str]) -> tuple[Chart, ...]:
    """Every chart of a page; `names` are those of the rules."""
    strongest = {tier: -place for place, tier in enumerate(page.ladder)}
    return (
        _confidence(page),
        _chart(
            page, "tier", "tiers", "Verification tier", lambda rows: sorted(rows, key=lambda r: strongest.get(r.key, 1))
        ),
        replace(
            _chart(page, "freshness", "freshness", "Freshness"),
            note="Fresh: up to half the time to live; aging: up to all of it.",
        ),
        _findings(page, names),
        _chart(page, "domain", "domains", "Domains", lambda rows: [row for row in rows if row.records]),
        replace(
            _chart(page, "host", "hosts", "Most-cited hosts", lambda rows: rows[:_LISTED]),
            note="Records that cite a page there.",
        ),
    )


def tenth(value: float) -> int:
    """Which tenth of 0 to 1 a value is in; one on a border belongs to the upper one, 1 to the last."""
    return min(int(value * 10 + 1e-9), 9)


def _confidence(page: Page) -> Chart:
    declared_at = page.records.columns.index("declared")
    declared = Counter(tenth(row[declared_at]) for row in page.records.rows)
    rows = [(label, declared[i], worth) for i, (label, worth) in enumerate(page.quality["trust"].rows.rows)]
    bars = tuple(Bar(str(i), label, worth, stated) for i, (label, stated, worth) in enumerate(rows))
    figures = Table(("confidence", "declared", "effective"), rows)
    return Chart("tenth", "Effective confidence", "confidence", bars, figures, "Outlined: as declared.")


class _Row(NamedTuple):
    """A row of a section: what it is about, how many records that concerns, and all of it as people read it."""

    key: str
    records: int
    shown: tuple[Any, ...]


def _chart(page: Page, key: str, section: str, title: str, choose: Callable[[list[_Row]], list[_Row]] = list) -> Chart:
    """A section of the quality report that counts `records` by its first column."""
    part = page.quality[section]
    names, counts = (_column(part.rows, name) for name in (part.rows.columns[0], "records"))
    shown = people(part, page.options._replace(limit=part.found)).rows
    rows = choose(list(map(_Row, names, counts, shown)))
    bars = tuple(Bar(row.key, _STATES.get(row.key, row.key), row.records) for row in rows)
    figures = Table(part.rows.columns, [(bar.label, *row.shown[1:]) for bar, row in zip(bars, rows, strict=True)])
    return Chart(key, title, part.rows.columns[0], bars, figures)


def _findings(page: Page, names: Mapping[str, str]) -> Chart:
    ranked = _ranked(code for codes in _column(page.records, "codes") for code in codes)
    bars = tuple(Bar(code, f"{code} {names.get(code, '')}".rstrip(), count) for code, count in ranked)
    figures = Table(("rule", "records"), [(bar.label, bar.all) for bar in bars])
    note = "Records with a finding that no fix repaired."
    if page.common:
        note += f" Most records have {', '.join(rule.code for rule in page.common)}: the list does not count these."
    return Chart("code", "Findings by rule", "rule", bars, figures, note)


def _column(table: Table, name: str) -> list[Any]:
    index = table.columns.index(name)
    return [row[index] for row in table.rows]


def _ranked(values: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))


def specification(chart: Chart) -> dict[str, Any]:
    """A chart in the grammar of Vega-Lite. Its bars come in under the name `bars`; the style sheet colours its marks."""
    most = max([1, *(max(bar.all, bar.declared or 0) for bar in chart.bars)])
    # tests hold every kind of chart against the schema, which takes longer than all else
    with schemapi.debug_mode(False):  # noqa: FBT003 - Altair's way to call it
        drawn = _upright(most) if chart.key == "tenth" else _lying(most, chart.drawn)
        plain: dict[str, Any] = drawn.properties(width="container").to_dict(validate=False)
    del plain["config"]
    return plain


_BARS = alt.NamedData(name="bars")
_FADED = alt.condition("datum.off", alt.value(0.3), alt.value(1))


def _upright(most: int) -> alt.LayerChart | alt.FacetChart:
    label_axis = alt.Axis(labelAngle=0, labelExpr="slice(datum.label, 0, 3)")
    count_axis = alt.Axis(tickCount=4, tickMinStep=1, format=",d")
    base = alt.Chart(_BARS).encode(x=alt.X("label:O", sort=None, title=None, axis=label_axis))
    whole = alt.Y("all:Q", title=None, axis=count_axis, scale=alt.Scale(domain=[0, most]))
    return alt.layer(
        base.mark_bar().encode(y=whole).properties(name="all"),
        base.mark_bar().encode(y="shown:Q", opacity=_FADED).properties(name="shown"),
        base.mark_bar().encode(y="declared:Q").properties(name="declared"),
    ).properties(height=190)


def _lying(most: int, drawn: int) -> alt.LayerChart | alt.FacetChart:
    label_axis = alt.Axis(labelLimit=220, labelOverlap=False)
    base = alt.Chart(_BARS).encode(y=alt.Y("label:N", sort=None, title=None, axis=label_axis))
    room = alt.Scale(domain=[0, 1.18 * most])  # beside the longest bar, for its number
    whole = alt.X("all:Q", title=None, axis=alt.Axis(labels=False, grid=False), scale=room)
    return alt.layer(
        base.mark_bar().encode(x=whole).properties(name="all"),
        base.mark_bar().encode(x="shown:Q", opacity=_FADED).properties(name="shown"),
        base.mark_text(align="left", dx=4)
        .encode(x="all:Q", text=alt.Text("shown:Q", format=",d"))
        .properties(name="counts"),
    ).properties(height=drawn * (19 if drawn > 6 else 30))


def library(folder: Path | None = None) -> str:
    """The code that draws: Vega, Vega-Lite and Vega-Embed, as vl-convert carries them.

    To put its modules together takes a second, so it is kept in `folder`, where there is one, by the version of what does that.
    """
    if folder is None or not folder.is_dir():
        return _library()
    file = folder / f"charts-{version('vl-convert-python')}.js"
    with suppress(OSError, UnicodeDecodeError):
        digest, _, code = file.read_bytes().partition(b"\n")
        if sha256(code).hexdigest().encode() == digest:
            return code.decode()
    code = _library().encode()
    draft = file.with_name(f"{file.name}.new")
    with suppress(OSError):  # it only saves time
        draft.write_bytes(sha256(code).hexdigest().encode() + b"\n" + code)
        draft.replace(file)
    return code.decode()


@cache
def _library() -> str:
    code = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return _NOTICE + code.replace("\r", "")


_NOTICE = """/*!
Vega, Vega-Lite and Vega-Embed: copyright University of Washington Interactive Data Lab and contributors, BSD 3-Clause License.
Parts of D3: copyright Mike Bostock, ISC License.
*/
"""
