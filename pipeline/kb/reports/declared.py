"""The reports, one declaration each; docs/reports.md and the schemas of what they print are made from them."""

from kb.errors import KbError
from kb.reports.intervals import surest_first
from kb.reports.kinds import (
    CODE,
    COUNT,
    DAY,
    NAME,
    NUMBER,
    POINTER,
    RATE,
    SEVERITY,
    SOME,
    TENTH,
    TEXT,
    TEXT_OR_EMPTY,
    WHOLE,
    Column,
    Values,
    one_of,
)
from kb.reports.shape import Report, Section
from kb.words import did_you_mean

_NO_RECORDS = "there are no records"

_RECORD = {"id": Column("record", TEXT), "tier": Column("verification tier", TEXT)}

_RULE = {"code": Column("code of the rule", CODE), "name": Column("its name", NAME)}

_SEVERITY = {"severity": Column("error, warning or info", SEVERITY)}

_TRUST = {
    "declared": Column("confidence as declared", RATE),
    "effective": Column("what it is worth: least(declared, ceiling) × factor", RATE),
}


def _means(records: Values, null: str | None = None) -> dict[str, Column]:
    """What some of the records come to: how many they are, and `null` if there may be none."""
    return {
        "records": Column("how many", records),
        "share": Column("of all records", RATE),
        "declared": Column("mean confidence as declared", RATE, null),
        "effective": Column("mean effective confidence", RATE, null),
        "stale_share": Column("share that is stale or was never confirmed", RATE, null),
    }


_HISTOGRAM = {
    "range": Column("effective confidence, from and to; a value on a border counts in the upper one", TENTH),
    "records": Column("how many", COUNT),
}

TOTALS = {
    "records": Column("published records", COUNT),
    "fresh": Column("confirmed within half the time to live", COUNT),
    "aging": Column("confirmed within the time to live", COUNT),
    "stale": Column("confirmed longer ago", COUNT),
    "unknown": Column("never confirmed, or only later", COUNT),
    "declared": Column("mean confidence as declared", RATE, _NO_RECORDS),
    "effective": Column("mean effective confidence", RATE, _NO_RECORDS),
}
"""What a report ends with."""

_QUALITY = Report(
    "quality",
    "The state of the base",
    "the state of the whole base, and what moved",
    (
        Section(
            "figures",
            "figures",
            {
                "records": Column("published records", COUNT),
                "domains": Column("domains that they belong to", COUNT),
                "dead_ends": Column("dead ends that they name", COUNT),
                "workarounds": Column("workarounds that they name", COUNT),
                "mean_declared_confidence": Column("mean confidence as declared", RATE, _NO_RECORDS),
                "mean_effective_confidence": Column("mean effective confidence", RATE, _NO_RECORDS),
                "overconfident": Column("records worth less than they declare", COUNT),
                "stale": Column("records that are stale", COUNT),
                "never_confirmed": Column("records that nobody confirmed until that day", COUNT),
                "stale_share": Column("share of records that are stale or were never confirmed", RATE, _NO_RECORDS),
                "unsourced": Column("records without any source", COUNT),
                "single_source": Column("records that rest on one source", COUNT),
                "hosts": Column("hosts that are cited", COUNT),
                "errors": Column("findings of severity error", COUNT),
                "warnings": Column("findings of severity warning that no fix repaired", COUNT),
                "infos": Column("findings of severity info that no fix repaired", COUNT),
                "repairs": Column("places that a fix repaired", COUNT),
                "quarantined": Column("rejected records", COUNT),
                "quarantined_share": Column("of published and rejected records together", RATE, _NO_RECORDS),
            },
            single=True,
        ),
        Section(
            "moved",
            "moved",
            {
                "figure": Column("figure of the whole base", TEXT),
                "before": Column("what it was in the state that was published before", NUMBER),
                "after": Column("what it is", NUMBER),
                "change": Column("after − before", NUMBER),
                "since": Column("day that age was counted to then", DAY),
            },
            exact=True,
            title="What moved since the state that was published before",
            nothing="nothing moved",
            earlier="EXISTS (FROM figures WHERE run < (SELECT max(run) FROM figures))",
            needs="history",
            whole=True,
        ),
        Section("trust", "histogram", _HISTOGRAM, title="Records by effective confidence", chart="records", length=10),
        Section(
            "freshness",
            "freshness",
            {
                "freshness": Column(
                    "fresh up to half the time to live, aging up to all of it, then stale; unknown: not confirmed yet",
                    one_of("fresh", "aging", "stale", "unknown"),
                ),
                "records": Column("how many", COUNT),
                "share": Column("of all records", RATE, _NO_RECORDS),
            },
            title="Records by freshness",
            chart="records",
            length=4,
        ),
        Section(
            "tiers", "tiers-whole", {"tier": _RECORD["tier"], **_means(SOME)}, title="Records by verification tier"
        ),
        Section(
            "domains",
            "domains",
            {
                "domain": Column("domain", TEXT, "not known"),
                **_means(COUNT, _NO_RECORDS),
                "flags": Column("findings on published records that no fix repaired", COUNT),
                "quarantined": Column("rejected records", COUNT),
            },
            title="Coverage by domain",
            ranked=True,
            first=20,
            absent={"domain": "(unknown)"},
        ),
        Section(
            "findings",
            "findings-by-code",
            {
                **_RULE,
                **_SEVERITY,
                "findings": Column("how many", SOME),
                "records": Column("records that have one", SOME),
                "repaired": Column("findings that a fix repaired in what was published", COUNT),
            },
            title="Findings by rule",
            ranked=True,
            first=20,
        ),
        Section(
            "hotspots",
            "findings-by-domain",
            {
                "domain": Column("domain", TEXT, "not known"),
                **_RULE,
                "findings": Column("how many that no fix repaired", SOME),
                "records": Column("records that have one", SOME),
            },
            title="Where findings pile up: rule by domain",
            ranked=True,
            folds=True,
            first=10,
            absent={"domain": "(unknown)"},
        ),
        Section(
            "hosts",
            "hosts-cited",
            {
                "host": Column("host", TEXT),
                "records": Column("records that cite it", SOME),
                "share": Column("of all records", RATE),
            },
            title="Most-cited hosts",
            ranked=True,
            first=10,
        ),
        Section(
            "quarantine",
            "quarantine-by-code",
            {**_RULE, "records": Column("records that it rejected", SOME)},
            title="Why records were rejected",
            nothing="nothing is in quarantine",
        ),
    ),
    kept=1000,
)

_QUEUE = Report(
    "queue",
    "What to review next, the riskiest first",
    "what to review next",
    (
        Section(
            "rows",
            "queue",
            {
                **_RECORD,
                **_TRUST,
                "age": Column("days since the last confirmation", WHOLE, "never confirmed, or only later"),
                "pointing": Column("other records that point there", COUNT),
                "risk": Column("0 to 1: the sum of the parts that `why` names; docs/trust.md has the formula", RATE),
                "why": Column("each part of the risk, and what it comes from", TEXT),
            },
            ranked=True,
            of_each_record=True,
            first=50,
            absent={"age": "never"},
            nothing="there are no records",
        ),
        Section(
            "plan",
            "queue-plan",
            {
                "review_on": Column("day to review it on", DAY),
                **_RECORD,
                "risk": Column("as in the queue", RATE),
                "why": Column("as in the queue", TEXT),
            },
            title="The stale ones, dealt evenly over {spread} days",
            ranked=True,
            nothing="nothing is stale",
            needs="spread",
        ),
    ),
    kept=1000,
)

_SOURCES = Report(
    "sources",
    "What the records rest on",
    "what they rest on",
    (
        Section(
            "hosts",
            "hosts",
            {
                "host": Column("host", TEXT),
                "records": Column("records that cite it", SOME),
                "share": Column("of all records", RATE),
                "pages": Column("different pages there", SOME),
                "alone": Column("records that cite no other host", COUNT),
            },
            ranked=True,
            nothing="no record cites anything",
        ),
        Section(
            "single",
            "single-source",
            {
                **_RECORD,
                **_TRUST,
                "sources": Column("different pages that it cites", {"type": "integer", "minimum": 0, "maximum": 1}),
                "url": Column("the one page", TEXT, "none"),
            },
            title="Records that rest on one page or on none, the most trusted first",
            ranked=True,
            absent={"url": "(none)"},
        ),
    ),
    kept=1000,
)

_STALE = Report(
    "stale",
    "Records that nobody confirmed within their time to live",
    "what nobody confirmed in time",
    (
        Section(
            "rows",
            "stale",
            {
                **_RECORD,
                "last_confirmed": Column("day of the last confirmation", DAY, "never"),
                "age": Column("days since then", WHOLE, "never confirmed, or only later"),
                "time_to_live": Column("days it is good for: its domain's, else its tier's, else the default", SOME),
                "why": Column("in words", TEXT),
            },
            ranked=True,
            absent={"last_confirmed": "never"},
            nothing="nothing is stale",
        ),
        Section(
            "due",
            "stale-due",
            {
                **_RECORD,
                "last_confirmed": Column("day of the last confirmation", DAY, "never"),
                "due": Column("last day on which it is not stale", DAY),
                "time_to_live": Column("days it is good for", SOME),
                "why": Column("in words", TEXT),
            },
            title="Falling due within {due} days",
            ranked=True,
            nothing="nothing falls due",
            needs="due",
        ),
        Section(
            "released",
            "stale-released",
            {
                **_RECORD,
                "last_confirmed": Column("day of the last confirmation", DAY, "never"),
                "version": Column("the version that it was confirmed with", TEXT),
                "why": Column("in words", TEXT),
            },
            title="Confirmed with a release before {released}",
            ranked=True,
            nothing="nothing was confirmed with an older one",
            needs="released",
        ),
        Section(
            "forecast",
            "stale-forecast",
            {
                "month": Column("months from the day of the report", {"type": "integer", "minimum": 0, "maximum": 12}),
                "day": Column("the day then", DAY),
                "stale": Column("how many are stale then, or were never confirmed, if nobody confirms any", COUNT),
                "more": Column("how many more than a month before", WHOLE),
                "stale_share": Column("of all records", RATE, _NO_RECORDS),
            },
            title="Stale month by month, if nothing is done",
            chart="stale",
            length=13,
            plotted=True,
        ),
    ),
)

_CONFIDENCE = Report(
    "confidence",
    "What declared confidence is worth",
    "what the declared one is worth",
    (
        Section(
            "rows",
            "confidence",
            {
                **_RECORD,
                "declared": Column("confidence as declared", RATE),
                "ceiling": Column("the highest confidence that evidence and tier allow", RATE),
                "factor": Column("what age leaves of it", {"type": "number", "minimum": 0.5, "maximum": 1}),
                "effective": Column("least(declared, ceiling) × factor", RATE),
                "why": Column("in words; empty where nothing was taken off", TEXT_OR_EMPTY),
            },
            ranked=True,
            of_each_record=True,
        ),
        Section(
            "histogram",
            "histogram",
            _HISTOGRAM,
            title="Records by effective confidence",
            chart="records",
            length=10,
            plotted=True,
        ),
        Section(
            "rates",
            "rates",
            {
                "id": _RECORD["id"],
                "action": Column("dead end or workaround, by its place in the list, from 1", TEXT),
                "declared": Column("rate as declared; of a dead end that at which it fails", RATE, "none is declared"),
                "mean": Column("rate that follows from what is declared and from outcomes", RATE),
                "low": Column("lower bound of its 90 % interval", RATE),
                "high": Column("upper bound of its 90 % interval", RATE),
                "outcomes": Column("outcomes that count", SOME),
                "worked": Column("outcomes in which it worked", COUNT),
            },
            title="Rates of the actions that were tried, the surest first",
            needs="history",
            finish=surest_first,
            optional=True,
            nothing="no outcome counts",
        ),
    ),
)

_TIERS = Report(
    "tiers",
    "Verification tiers, domain by domain",
    "how records were verified",
    (
        Section(
            "rows",
            "tiers",
            {
                "tier": Column("verification tier", TEXT),
                "domain": Column("domain", TEXT, "all domains of the tier"),
                "records": Column("how many", SOME),
                "share": Column("of all records", RATE),
                "declared": Column("mean confidence as declared", RATE),
                "effective": Column("mean effective confidence", RATE),
                "sources": Column("mean distinct sources of a record", {"type": "number", "minimum": 0}),
                "stale_share": Column("share that is stale or was never confirmed", RATE),
            },
            ranked=True,
            absent={"domain": "(all)"},
        ),
    ),
)

_FINDINGS = Report(
    "findings",
    "Findings, and what became of them with the newest ingest",
    "what the newest ingest brought and fixed",
    (
        Section(
            "codes",
            "findings-over-time",
            {
                **_RULE,
                **_SEVERITY,
                "findings": Column("how many there are now", COUNT),
                "suppressed": Column("how many more kb.toml suppresses", COUNT),
                "new": Column("how many were not there before, suppressed or not", COUNT),
                "fixed": Column("how many were there before and are gone", COUNT),
            },
            needs="history",
        ),
        Section(
            "changes",
            "findings-moved",
            {
                "state": Column("new or fixed", one_of("new", "fixed")),
                **_SEVERITY,
                **_RULE,
                "record": Column("record; the file where no id could be read", TEXT),
                "pointer": Column("JSON Pointer into the document as ingested; empty: the whole record", POINTER),
                "message": Column("what is, or was, wrong", TEXT),
            },
            title="What came and what went",
            ranked=True,
            folds=True,
            first=50,
            nothing="nothing came and nothing went",
            earlier="EXISTS (FROM runs WHERE run = (SELECT max(run) FROM runs) AND findings_new IS NOT NULL)",
            needs="history",
        ),
    ),
)

_TOO_FEW = "too few outcomes: 50 are needed"

_CALIBRATION = Report(
    "calibration",
    "How far confidence came true in outcomes",
    "whether confidence comes true, by outcomes",
    (
        Section(
            "scores",
            "calibration-scores",
            {
                "predictor": Column(
                    "declared: as declared; effective: without the outcome that is predicted; constant: the share of all",
                    one_of("declared", "effective", "constant"),
                ),
                "outcomes": Column("how many count", COUNT),
                "brier": Column("Brier score: mean squared distance from 1 (held) or 0; 0 is best", RATE),
                "log_loss": Column("mean logarithmic loss; 0 is best", {"type": "number", "minimum": 0}),
            },
            nothing=_TOO_FEW,
            needs="history",
        ),
        Section(
            "bins",
            "calibration-bins",
            {
                "range": Column(
                    "effective confidence, from and to; a value on a border counts in the upper one", TENTH
                ),
                "outcomes": Column("how many", COUNT),
                "predicted": Column("mean effective confidence", RATE, "no outcomes"),
                "observed": Column("share of outcomes that support their record", RATE, "no outcomes"),
            },
            title="Reliability of effective confidence",
            chart="observed",
            nothing=_TOO_FEW,
            needs="history",
        ),
    ),
    totals=False,
)

_MATCHING = Report(
    "matching",
    "What errors find",
    "which patterns take the errors of other records, and what use found",
    (
        Section(
            "swallowing",
            "swallowing",
            {
                **_RECORD,
                "others": Column(
                    "other records whose signatures its pattern matches, of those that RGX005 holds it against, up to 101",
                    SOME,
                ),
                "such": Column("the first of them", TEXT),
                "regex": Column("the pattern", TEXT),
            },
            title="Patterns that match the signatures of other records",
            ranked=True,
            nothing="no pattern matches the signature of another record",
        ),
        Section(
            "unmatched",
            "unmatched",
            {**_RECORD, **_TRUST, "last_confirmed": Column("day of the last confirmation", DAY, "never")},
            title="Records that nothing matched in the recorded use, those worth least first",
            ranked=True,
            absent={"last_confirmed": "never"},
            needs="uses",
            nothing="every record was found at least once",
        ),
        Section(
            "matched",
            "matched",
            {
                **_RECORD,
                **_TRUST,
                "times": Column("how often it was the answer", SOME),
                "last": Column("day on which it was last", DAY),
            },
            title="Records that were the answer, the most asked for first",
            ranked=True,
            needs="uses",
            nothing="no record was an answer yet",
        ),
    ),
    totals=False,
)

REPORTS = {
    report.name: report
    for report in (_QUALITY, _QUEUE, _STALE, _CONFIDENCE, _TIERS, _SOURCES, _FINDINGS, _CALIBRATION, _MATCHING)
}

NAMES = (*REPORTS, "html", "all")
"""What `kb report` can be asked for: each report, the page of a base, and every report as a file."""


def named(name: str) -> Report:
    """The report of a name.

    Raises:
        KbError: there is none; the nearest is named.
    """
    if name not in REPORTS:
        raise KbError(f"no report {name}; {did_you_mean(name, NAMES)}")
    return REPORTS[name]
