"""The reports, one declaration each; docs/reports.md is made from them."""

from kb.errors import KbError
from kb.reports.shape import Report, Section
from kb.words import did_you_mean

_RECORD = {"id": "record", "tier": "verification tier"}

_RULE = {"code": "code of the rule", "name": "its name"}

_TRUST = {
    "declared": "confidence as declared",
    "effective": "what it is worth: least(declared, ceiling) × factor",
}

_MEANS = {
    "records": "how many",
    "share": "of all records",
    "declared": "mean confidence as declared",
    "effective": "mean effective confidence",
    "stale_share": "share that is stale or was never confirmed",
}

_HISTOGRAM = {"range": "effective confidence, from and to; a value on a border counts in the upper one",
              "records": "how many"}  # fmt: skip

_QUALITY = Report(
    "quality",
    "The state of the base",
    "the state of the whole base, and what moved",
    (
        Section(
            "figures",
            "figures",
            {
                "records": "published records",
                "domains": "domains that they belong to",
                "dead_ends": "dead ends that they name",
                "workarounds": "workarounds that they name",
                "mean_declared_confidence": "mean confidence as declared",
                "mean_effective_confidence": "mean effective confidence",
                "overconfident": "records worth less than they declare",
                "stale": "records that are stale",
                "never_confirmed": "records that nobody confirmed until that day",
                "stale_share": "share of records that are stale or were never confirmed",
                "unsourced": "records without any source",
                "single_source": "records that rest on one source",
                "hosts": "hosts that are cited",
                "errors": "findings of severity error",
                "warnings": "findings of severity warning that no fix repaired",
                "infos": "findings of severity info that no fix repaired",
                "repairs": "places that a fix repaired",
                "quarantined": "rejected records",
                "quarantined_share": "of published and rejected records together",
            },
            single=True,
        ),
        Section(
            "moved",
            "moved",
            {
                "figure": "figure of the whole base",
                "before": "what it was in the state that was published before",
                "after": "what it is",
                "change": "after − before",
                "since": "day that age was counted to then",
            },
            exact=True,
            title="What moved since the state that was published before",
            nothing="nothing moved",
            earlier="EXISTS (FROM figures WHERE run < (SELECT max(run) FROM figures))",
            needs="history",
            whole=True,
        ),
        Section("trust", "histogram", _HISTOGRAM, title="Records by effective confidence", chart="records"),
        Section(
            "freshness",
            "freshness",
            {
                "freshness": "fresh up to half the time to live, aging up to all of it, then stale; unknown: not confirmed yet",
                "records": "how many",
                "share": "of all records",
            },
            title="Records by freshness",
            chart="records",
        ),
        Section("tiers", "tiers-whole", {"tier": "verification tier", **_MEANS}, title="Records by verification tier"),
        Section(
            "domains",
            "domains",
            {
                "domain": "domain",
                **_MEANS,
                "flags": "findings on published records that no fix repaired",
                "quarantined": "rejected records",
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
                "severity": "error, warning or info",
                "findings": "how many",
                "records": "records that have one",
                "repaired": "findings that a fix repaired in what was published",
            },
            title="Findings by rule",
            ranked=True,
            first=20,
        ),
        Section(
            "hotspots",
            "findings-by-domain",
            {
                "domain": "domain",
                **_RULE,
                "findings": "how many that no fix repaired",
                "records": "records that have one",
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
            {"host": "host", "records": "records that cite it", "share": "of all records"},
            title="Most-cited hosts",
            ranked=True,
            first=10,
        ),
        Section(
            "quarantine",
            "quarantine-by-code",
            {**_RULE, "records": "records that it rejected"},
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
                "age": "days since the last confirmation",
                "pointing": "other records that point there",
                "risk": "0 to 1: the sum of the parts that `why` names; docs/trust.md has the formula",
                "why": "each part of the risk, and what it comes from",
            },
            ranked=True,
            first=50,
            absent={"age": "never"},
            nothing="there are no records",
        ),
        Section(
            "plan",
            "queue-plan",
            {
                "review_on": "day to review it on",
                **_RECORD,
                "risk": "as in the queue",
                "why": "as in the queue",
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
                "host": "host",
                "records": "records that cite it",
                "share": "of all records",
                "pages": "different pages there",
                "alone": "records that cite no other host",
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
                "sources": "different pages that it cites",
                "url": "the one page",
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
                "last_confirmed": "day of the last confirmation",
                "age": "days since then",
                "time_to_live": "days it is good for: its domain's, else its tier's, else the default",
                "why": "in words",
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
                "last_confirmed": "day of the last confirmation",
                "due": "last day on which it is not stale",
                "time_to_live": "days it is good for",
                "why": "in words",
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
                "last_confirmed": "day of the last confirmation",
                "version": "the version that it was confirmed with",
                "why": "in words",
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
                "month": "months from the day of the report",
                "day": "the day then",
                "stale": "how many are stale then, or were never confirmed, if nobody confirms any",
                "more": "how many more than a month before",
                "stale_share": "of all records",
            },
            title="Stale month by month, if nothing is done",
            chart="stale",
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
                "declared": "confidence as declared",
                "ceiling": "the highest confidence that evidence and tier allow",
                "factor": "what age leaves of it",
                "effective": "least(declared, ceiling) × factor",
                "why": "in words",
            },
            ranked=True,
        ),
        Section(
            "histogram",
            "histogram",
            _HISTOGRAM,
            title="Records by effective confidence",
            chart="records",
            plotted=True,
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
                "tier": "verification tier",
                "domain": "domain; empty: all domains of the tier",
                "records": "how many",
                "share": "of all records",
                "declared": "mean confidence as declared",
                "effective": "mean effective confidence",
                "sources": "mean distinct sources of a record",
                "stale_share": "share that is stale or was never confirmed",
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
                "severity": "error, warning or info",
                "findings": "how many there are now",
                "suppressed": "how many more kb.toml suppresses",
                "new": "how many were not there before, suppressed or not",
                "fixed": "how many were there before and are gone",
            },
            needs="history",
        ),
        Section(
            "changes",
            "findings-moved",
            {
                "state": "new or fixed",
                "severity": "error, warning or info",
                **_RULE,
                "record": "record; the file where no id could be read",
                "pointer": "JSON Pointer into the document as ingested",
                "message": "what is, or was, wrong",
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
                "predictor": "declared: as declared; effective: without the outcome that is predicted; constant: the share of all",
                "outcomes": "how many count",
                "brier": "Brier score: mean squared distance from 1 (borne out) or 0; 0 is best",
                "log_loss": "mean logarithmic loss; 0 is best",
            },
            nothing=_TOO_FEW,
            needs="history",
        ),
        Section(
            "bins",
            "calibration-bins",
            {
                "range": "effective confidence, from and to; a value on a border counts in the upper one",
                "outcomes": "how many",
                "predicted": "mean effective confidence",
                "observed": "share that bears its record out",
            },
            title="Reliability of effective confidence",
            chart="observed",
            nothing=_TOO_FEW,
            needs="history",
        ),
    ),
    totals=False,
)

REPORTS = {
    report.name: report for report in (_QUALITY, _QUEUE, _STALE, _CONFIDENCE, _TIERS, _SOURCES, _FINDINGS, _CALIBRATION)
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
