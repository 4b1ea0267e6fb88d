"""DAT: dates."""

import datetime as dt
from functools import lru_cache

from kb.analysis.lazily import lazily
from kb.model import Document, Json, Severity
from kb.rules.base import ABSENT, At, Found, Record, check, corpus, fix
from kb.words import show

_DATES = ("first_seen", "last_confirmed", "last_updated")

_ISO = lazily(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_LOOSE = lazily(r"([0-9]{4})(?P<sep>[-/])([0-9]{1,2})(?P=sep)([0-9]{1,2})")

_TIME = lazily(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)


@lru_cache(maxsize=4096)
def _day(text: str | None) -> dt.date | None:
    if text is None or not _ISO.fullmatch(text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def is_day(text: str | None) -> bool:
    """Whether a text is a real day, written as YYYY-MM-DD."""
    return _day(text) is not None


@check(
    "DAT001",
    "date-invalid",
    Severity.ERROR,
    locked=True,
    good=[{}, {"/first_seen": None}, {"/last_confirmed": "2024-02-29", "/last_updated": "2024-02-29"}],
    bad=[{"/last_confirmed": "2024-02-30"}, {"/first_seen": "last spring"}, {"/last_updated": "01.06.2024"}],
)
def date_invalid(r: Record) -> Found:
    """Has real calendar dates, `YYYY-MM-DD`.

    Age, and with it trust, is counted from these days. One that no calendar has, or that can be read in two ways, is
    not guessed at.
    """
    for key in _DATES:
        text = r.document[key]
        if text is not None and _day(text) is None:
            yield f"/{key}", f"{show(text)} is no date; write a real day as YYYY-MM-DD, or null"


@check(
    "DAT002",
    "dates-disordered",
    Severity.WARNING,
    version=2,
    good=[
        {},
        {"/first_seen": None},
        {"/first_seen": "2026-08-01"},
        {"/last_confirmed": None, "/last_updated": None},
        {"/last_confirmed": "yesterday", "/last_updated": None},
    ],
    bad=[
        {"/first_seen": "2026-08-02"},
        At({"/last_updated": "2018-01-05"}, "/first_seen"),
        At({"/last_confirmed": "2018-01-05", "/last_updated": None}, "/first_seen"),
    ],
)
def dates_disordered(r: Record) -> Found:
    """Was not first seen after it was confirmed or updated.

    One of the days is wrong, and age may be counted from it.
    """
    first = _day(r.document["first_seen"])
    days = {key: _day(r.document[key]) for key in ("last_confirmed", "last_updated")}
    before = [
        f"{key} {day.isoformat()}" for key, day in days.items() if day is not None and first is not None and first > day
    ]
    if first is not None and before:
        which = "two" if len(before) == 1 else "three"
        yield "/first_seen", f"{show(first.isoformat())} is after {' and '.join(before)}; correct one of the {which}"


def _ahead(document: Document, as_of: dt.date) -> bool:
    return any((document[key] or "") > as_of.isoformat() for key in _DATES)


@corpus(
    "DAT003",
    "date-in-future",
    Severity.WARNING,
    version=2,
    alone=_ahead,
    replaces=("DAT002", "DAT004"),
    sql="""
        SELECT id, '/' || key AS pointer,
            '"' || day || '" is after ' || $as_of || '; nobody can have been there yet, correct it' AS message
        FROM (UNPIVOT (SELECT id, first_seen, last_confirmed, last_updated FROM records)
            ON first_seen, last_confirmed, last_updated INTO NAME key VALUE day)
        WHERE day > $as_of AND (key <> 'last_confirmed' OR (id, day) NOT IN (
            SELECT record_id, CAST(decided_at AS DATE) FROM events WHERE stands AND kind = 'confirm'))
    """,
    good=[[{}], [{"/last_confirmed": "2026-11-22", "/last_updated": "2026-11-22"}]],
    bad=[[{"/last_updated": "2027-01-15"}], [{"/last_confirmed": "2026-11-23"}], [{"/first_seen": "2027-03-01"}]],
)
def date_in_future() -> None:
    """Has no date after `as_of`.

    A record confirmed tomorrow would never grow old. The day counted to is `--as-of`, else `as_of` in kb.toml, else
    today. Of a day that is ahead DAT002 and DAT004 say nothing besides: it is one mistake. Of one that an event of the ledger
    gave, LED004 speaks.
    """


@check(
    "DAT004",
    "date-placeholder",
    Severity.INFO,
    version=2,
    good=[{}, {"/first_seen": "2027-01-01"}, {"/first_seen": None}, {"/first_seen": "0000-01-01"}],
    bad=[{"/first_seen": "2023-01-01"}],
)
def date_placeholder(r: Record) -> Found:
    """Was not first seen on a 1 January.

    That day is what forms fill in when only the year is known. Where it is after the record was confirmed or updated,
    only DAT002 speaks.
    """
    first = r.document["first_seen"]
    if isinstance(first, str) and _day(first) and first.endswith("-01-01") and not any(dates_disordered.run(r)):
        yield "/first_seen", f"{show(first)} looks filled in; give the day, or null"


@fix(
    "DAT005",
    "date-format",
    Severity.INFO,
    at=_DATES,
    says="{before} is not written as YYYY-MM-DD; write {after}",
    screen=r'"(?:first_seen|last_confirmed|last_updated)":"(?:\d{4}/|\d{4}-\d[-/]|\d{4}-\d\d-\d"|\d{4}-\d\d-\d\d[Tt ])',
    version=2,
    good=[{}, {"/last_updated": "2026-08-01T25:00:00Z"}],
    bad=[
        ({"/last_updated": "2026/8/1"}, {"/last_updated": "2026-08-01"}),
        ({"/last_confirmed": "2026-8-1"}, {"/last_confirmed": "2026-08-01"}),
        ({"/last_updated": "2026-08-01T09:30:00Z"}, {"/last_updated": "2026-08-01"}),
    ],
)
def date_format(text: Json) -> Json:
    """Writes days as `YYYY-MM-DD` (ISO 8601, RFC 3339).

    `2024/6/1`, `2024-6-1` and a full RFC 3339 time have one reading each: the day as written. Day-first and
    month-first dates have two, and a time such as 25:00 has none: they are left to DAT001.
    """
    if not isinstance(text, str) or (len(text) == 10 and _ISO.fullmatch(text)):
        return text
    loose = _LOOSE.fullmatch(text)
    written = f"{loose[1]}-{int(loose[3]):02}-{int(loose[4]):02}" if loose else _day_of_time(text)
    return written if _day(written) else text


def _day_of_time(text: str) -> str | None:
    """The day of an RFC 3339 time, as written there; None of what is no time. A leap second ends a day in UTC."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    day, hour, minute, second, sign, hours, minutes = match.groups(default="0")
    offset = (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1)
    is_last = (int(hour) * 60 + int(minute) - offset) % _MINUTES == _MINUTES - 1
    return day if second != "60" or is_last else None


_MINUTES = 24 * 60


@check(
    "DAT006",
    "never-confirmed",
    Severity.WARNING,
    good=[{}],
    bad=[{"/last_confirmed": None}, {"/last_confirmed": ABSENT}],
)
def never_confirmed(r: Record) -> Found:
    """Has a `last_confirmed` date.

    Without one nobody knows how old the knowledge is; it counts half.
    """
    if r.document["last_confirmed"] is None:
        yield "/last_confirmed", "null: nobody confirmed this; give the day on which it was last seen to hold"


_BULK = 50


@corpus(
    "DAT007",
    "confirmed-in-bulk",
    Severity.INFO,
    only_with=f"(FROM records OFFSET {_BULK})",
    sql=f"""
        SELECT firsts[1] AS id, '/last_confirmed' AS pointer,
            total || ' records say that they were confirmed on ' || last_confirmed || ', such as ' || some_of(firsts, total)
                || '; nobody looks at so many in a day: confirm them one by one, or take the day out' AS message
        FROM (SELECT last_confirmed, count(*) AS total, min(id, 3) AS firsts FROM records
            WHERE last_confirmed <= $as_of GROUP BY last_confirmed HAVING count(*) > {_BULK})
    """,
    good=[[{"/id": f"git/r{i}"} for i in range(_BULK)]],
    bad=[At([{"/id": f"git/r{i}"} for i in range(_BULK + 1)], "/0/last_confirmed")],
)
def confirmed_in_bulk() -> None:
    """Was not confirmed on the same day as 50 or more others.

    A day that a script wrote into all records says nothing of any, and makes them look fresh. The first of them by its
    id has the finding, one for each day, and it says how many there are.
    """
