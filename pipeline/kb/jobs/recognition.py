"""Which patterns of a base may recognise an error elsewhere, where nobody sees what the base says against them."""

from collections import defaultdict
from collections.abc import Callable

from kb.render.patterns import Pattern, not_told
from kb.store import Store

MISLEADING = ("RGX001", "RGX002", "RGX004", "RGX007", "SAF004")
"""Findings with which a record points nowhere: its pattern does not run everywhere or finds what is no error, or its text
speaks to an agent."""

BACKTRACKING = ("RGX006",)
"""What besides keeps a pattern from engines that can be driven to exponential time."""

_ROWS = """
    SELECT id, regex, signature, severity, official_doc_url, codes, deprecated
    FROM (
        SELECT id, regex, signature, severity, official_doc_url, path, position,
            coalesce(doc->>'$.curation.ledger.status' = 'deprecated', false) AS deprecated
        FROM records WHERE ({where}
))
    LEFT JOIN (
        SELECT path, position, list(DISTINCT code ORDER BY code) AS codes FROM findings
        WHERE code IN (SELECT unnest($codes::VARCHAR[])) AND suppressed IS NULL GROUP BY path, position
    ) USING (path, position)
    ORDER BY id
"""


def usable(base: Store, where: str, warn: Callable[[str], None], besides: tuple[str, ...] = ()) -> list[Pattern]:
    """The patterns of the records that a condition picks; a note says which are left out, and why.

    Left out are those with a finding that is `MISLEADING`, or one of `besides`, and those of deprecated records.
    """
    left_out: dict[str, list[str]] = defaultdict(list)
    patterns = []
    for row in base.query(_ROWS.format(where=where), {"codes": [*MISLEADING, *besides]}).records():
        why = row.pop("codes") or (["deprecated"] if row["deprecated"] else [])
        del row["deprecated"]
        if why:
            left_out[why[0]].append(row["id"])
        else:
            patterns.append(Pattern(**row))
    for why, ids in sorted(left_out.items()):
        reason = "deprecated, see `kb log`" if why == "deprecated" else f"{why}, see `kb explain {why}`"
        warn(not_told(ids, reason))
    return patterns
