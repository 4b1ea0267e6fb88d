"""`kb export --format site`: the base as a static API, files that any web server can hold."""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from kb import __version__, contract
from kb.model import Document
from kb.publish.curated_files import pretty, tombstones
from kb.render import site_pages
from kb.render.site_pages import File
from kb.store import Store

SCHEMAS = ("record.curated.v1", "site.page.v1", "site.domains.v1", "site.version.v1", "tombstone.v1")
"""The schemas of all that is there."""

_CODE = re.compile(r"[A-Za-z0-9._:-]{1,40}")
"""A code that says nothing to an agent: where a record is withheld, one of another look is not listed by its code."""

_ROWS = """
    SELECT r.* EXCLUDE (path, position), effective, freshness, deprecated, successor, spoken.path IS NOT NULL AS withheld
    FROM (
        SELECT id, signature, domain, category, error_code, severity, resolvable, verification_tier, last_confirmed, path,
            position, coalesce(doc->>'$.curation.ledger.status' = 'deprecated', false) AS deprecated,
            doc->>'$.curation.ledger.successor' AS successor
        FROM records WHERE ({where}
)) r
    JOIN trust($as_of::DATE) USING (id)
    LEFT JOIN (SELECT DISTINCT path, position FROM findings WHERE code = 'SAF004' AND suppressed IS NULL) spoken
        ON spoken.path = r.path AND spoken.position = r.position
    ORDER BY r.id
"""


def files(base: Store, where: str, manifest: Document) -> Iterator[File]:
    """The files of the site; `manifest` is that of `curated/`. The same base gives the same bytes."""
    as_of = manifest.get("as_of") or base.value("SELECT max_by(as_of, run)::VARCHAR FROM runs")
    rows = base.query(_ROWS.format(where=where), {"as_of": as_of}).records()
    stems = site_pages.code_stems({code for row in rows if (code := _listed_code(row)) is not None})
    index: list[bytes] = []
    by_domain: dict[str, list[bytes]] = {}
    by_code: dict[str, list[bytes]] = {code: [] for code in sorted(stems)}
    for row in rows:
        code = _listed_code(row)
        item = site_pages.compact(site_pages.entry(row, None if code is None else stems[code]))
        index.append(item)
        by_domain.setdefault(row["domain"], []).append(item)
        if code is not None:
            by_code[code].append(item)
    for name, doc in base.documents(where):
        yield f"records/{name}.json", pretty(orjson.loads(doc))
    stones = list(tombstones(base))
    for name, stone in stones:
        yield f"withdrawn/{name}.json", pretty(stone)
    for code, items in by_code.items():
        yield from site_pages.paged(stems[code], {"of": "code"}, "records", items)
    for domain, items in by_domain.items():
        yield from site_pages.paged(f"domains/{domain}", {"of": "domain"}, "records", items)
    domains = [(domain, len(items)) for domain, items in sorted(by_domain.items())]
    yield from site_pages.paged("domains", {}, "domains", map(_domain, domains))
    yield from site_pages.paged("index", {"of": "index"}, "records", index)
    for schema in SCHEMAS:
        yield f"schemas/{schema}.json", contract.text(schema).encode()
    version = {
        "kb_version": __version__,
        "schema_version": contract.SCHEMA_VERSION,
        "as_of": as_of,
        "digest": manifest.get("digest"),
        "largest_list": site_pages.LARGEST,
        "counts": {
            "records": len(rows),
            "deprecated": sum(row["deprecated"] for row in rows),
            "withheld": sum(row["withheld"] for row in rows),
            "withdrawn": len(stones),
            "domains": len(domains),
            "codes": len(stems),
        },
    }
    yield "llms.txt", site_pages.guide(version, domains, SCHEMAS)
    yield "version.json", pretty(version)


def _listed_code(row: dict[str, Any]) -> str | None:
    """The error code by which a record is listed, if it has one that may be shown."""
    code: str | None = row["error_code"]
    return code if code and (not row["withheld"] or _CODE.fullmatch(code)) else None


def _domain(counted: tuple[str, int]) -> bytes:
    domain, number = counted
    listed: dict[str, Any] = {"domain": domain, "url": f"domains/{domain}.json", "records": number}
    return site_pages.compact(listed)
