"""IDN: the identity of a record."""

import re

from kb.columns import ID
from kb.model import GONE, Document, Json, Severity
from kb.rules.base import ABSENT, Ask, At, Found, Pairs, Record, Stage, check, corpus, fix, slug
from kb.rules.places import WHOLE
from kb.words import show

_ID = re.compile(ID)
_LONGEST_SEGMENT = 120

_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
)
"""Names that Windows keeps for devices, whatever follows them behind a full stop."""


@check(
    "IDN001",
    "id-malformed",
    Severity.ERROR,
    locked=True,
    good=[
        {},
        {"/id": "git/not-a-repository/linux-6.1"},
        {"/id": "git/console"},
        {"/id": "git/x.con"},
        {"/id": "git/node_modules"},
        {"/id": "git/" + "x" * 120},
    ],
    bad=[
        {"/id": "git"},
        {"/id": "Git/Not A Repository"},
        {"/id": "git/../../etc/passwd"},
        {"/id": "docker/not-a-repository"},
        {"/id": "git/" + "x" * 121},
        {"/id": "git/x.json"},
        {"/id": "git/x."},
        {"/id": "git/lpt9"},
        {"/id": "git/com0"},
        {"/id": "git/node_modules/x"},
        {"/id": "git/x.json/y"},
        {"/id": "git/x\ny"},
        {"/id": "git/con"},
        {"/id": "git/aux.1/x"},
        {"/id": "git/x./y"},
        At({"/id": "node_modules/x", "/domain": "node_modules"}, "/id"),
    ],
    version=2,
)
def id_malformed(r: Record) -> Found:
    """Has an id `domain/slug` or `domain/slug/environment`.

    Segments are lower-case `[a-z0-9._-]`, start with a letter or digit, are at most 120 characters long and do not end
    in `.json` or a full stop: the id is also the name of the published file. So none is the name of a device, which
    Windows cannot check out (`con`, `aux.1`), nor a folder `node_modules`, which kb and many others pass over. The first
    segment is the record's `domain`.
    """
    name, domain = r.document["id"], r.document["domain"]
    segments = name.split("/")
    if not _ID.fullmatch(name):
        yield "/id", f"{show(name)} is no id; write domain/slug or domain/slug/environment in lower-case [a-z0-9._-]"
    elif any(len(segment) > _LONGEST_SEGMENT or segment.endswith(".json") for segment in segments):
        yield "/id", f"{show(name)} cannot name a file; keep segments below 121 characters and without .json at the end"
    elif device := next((segment for segment in segments if segment.split(".")[0] in _DEVICES), None):
        yield (
            "/id",
            f"{show(name)} cannot name a file on Windows, where {device} is a device; write, say, {device}-error",
        )
    elif any(segment.endswith(".") for segment in segments) or "node_modules" in segments[:-1]:
        yield (
            "/id",
            f"{show(name)} cannot name a file everywhere; end no segment with a full stop, call none node_modules",
        )
    elif segments[0] != domain:
        yield "/id", f"{show(name)} is not in its domain {show(domain)}; make the first segment the domain"


@check(
    "IDN002",
    "path-differs-from-id",
    Severity.WARNING,
    version=2,
    good=[{}],
    bad=[{"/id": "git/elsewhere"}],
)
def path_differs_from_id(r: Record) -> Found:
    """Sits, where its file holds one record, at `<id>.json`.

    A curator who looks for a record by its id finds it there, and two files cannot claim one id unnoticed. The end of
    the path is compared, so that a file is judged alike whichever folder above it is ingested. A record in a foreign
    format may also lie where that format has it: `domain/slug_environment.json` in ErrorCanon.
    """
    path = r.path.removesuffix(".gz").removesuffix(".zst").replace("!", "/")
    if r.line is not None or not path.endswith(".json") or path.startswith("<") or not r.file_names:
        return
    expected = [f"{name}.json" for name in r.file_names]
    if not any(f"/{path}".endswith(f"/{name}") for name in expected):
        actual, wanted = show(r.path, 200)[1:-1], show(expected[0])[1:-1]
        yield "/id", f"{show(r.document['id'])} lies in {actual}; move the file to {wanted}, or correct the id"


@corpus(
    "IDN003",
    "id-duplicated",
    Severity.ERROR,
    locked=True,
    sql="""
        SELECT path, position, '/id' AS pointer,
            '"' || id || '" is also the id of ' || winner
                || ', which was updated later or comes first; merge the two, or give this one an id of its own' AS message
        FROM candidates
        WHERE place > 1 AND NOT same_content
    """,
    good=[[{}], [{}, {"/id": "git/other"}], [{}, {}]],
    bad=[At([{}, {"/last_updated": "2026-01-01", "/confidence": 0.5}], "/1/id")],
)
def id_duplicated() -> None:
    """Is alone under its id.

    Of several records with one id the newest `last_updated` is published (where that ties, the first path), and the
    others are quarantined and name the winner: nobody can know which of two contradicting records was meant. The same
    content twice is no fault: one is kept.
    """


@corpus(
    "IDN004",
    "signature-duplicated",
    Severity.WARNING,
    version=5,
    only_with="""(
        SELECT key FROM (SELECT unnest(list_append(further_keys, signature_key)) AS key FROM match_keys)
        GROUP BY key HAVING count(*) > 1)""",
    yields_to=("TXT006",),
    sql=f"""
        WITH texts AS (
            SELECT record_id, signature_key AS key, NULL AS place FROM match_keys
            UNION ALL
            SELECT record_id, unnest(further_keys), generate_subscripts(further_keys, 1) - 1 FROM match_keys
            WHERE len(further_keys) > 0
        ), errors AS (
            SELECT key, {slug("record_id")} AS slug, min(record_id) AS first FROM texts GROUP BY ALL
        ), shared AS (
            SELECT key, count(*) AS total, min(first, 4) AS firsts FROM errors GROUP BY key HAVING count(*) > 1
        ), gone AS (  -- places that the list lost to a fix: pointers are into the document as ingested
            SELECT record_id, list_sort(list(split_part(pointer, '/', 3)::INTEGER)) AS places FROM changes
            WHERE after IS NULL AND regexp_full_match(pointer, '/signatures/[0-9]+') GROUP BY record_id
        )
        SELECT id,
            CASE WHEN place IS NULL THEN '/signature' ELSE '/signatures/'
                || (place + coalesce(len([1 FOR lost, n IN places IF lost - n + 1 <= place]), 0)) END AS pointer,
            shown(CASE WHEN place IS NULL THEN signature ELSE signatures[place + 1] END) || ' is also the signature of '
                || some_of([other FOR other IN firsts IF {slug("other")} <> {slug("id")}], total - 1)
                || ' (case, spaces and digits aside); merge them (`kb merge ' || id || ' '
                || [other FOR other IN firsts IF {slug("other")} <> {slug("id")}][1] || '`), or write how they differ' AS message
        FROM texts JOIN shared USING (key) JOIN records ON texts.record_id = id LEFT JOIN gone ON gone.record_id = id
        QUALIFY row_number() OVER (PARTITION BY id, key ORDER BY place NULLS FIRST) = 1
    """,
    good=[
        [{}, {"/id": "git/other", "/signature": "fatal: refusing to merge unrelated histories"}],
        [{}, {"/id": "git/not-a-repository/linux"}, {"/id": "git/not-a-repository/windows"}],
        [{"/signature": "TBD"}, {"/id": "git/other", "/signature": "TBD"}],
    ],
    bad=[
        At([{}, {"/id": "git/other"}], "/0/signature", "/1/signature"),
        At(
            [
                {"/signature": "error: RPC failed; HTTP 504"},
                {"/id": "git/other", "/signature": "Error: RPC  failed; HTTP 413"},
            ],
            "/0/signature",
            "/1/signature",
        ),
        At(
            [
                {"/signatures": ["fatal: detected no worktree", "error: RPC failed; HTTP 504"]},
                {"/id": "git/other", "/signature": "error: RPC failed; HTTP 413"},
            ],
            "/0/signatures/1",
            "/1/signature",
        ),
    ],
)
def signature_duplicated() -> None:
    """Shares its signatures with no other id; case, spaces and digits are folded.

    Whoever looks an error up by its text finds several records and knows not which to believe. Numbers are often
    ports, lines or codes of one error; where they distinguish two errors, say so in words too. Records of one error in
    different environments (`git/x/linux`, `git/x/windows`) share it by nature; of other errors the first record of each is named. A
    signature that is still to be written (TXT006) is none.
    """


_ALIKE = 0.9

_NEAREST = 4
"""With so many of those that share a band a record is compared, the first of each error by id: a thousand copies are no
million pairs."""

_LONGEST = 20_000
"""Of what a record says, so many characters are compared: forty times what the longest of a real base says."""

_CANDIDATES = f"""
    errors AS (
        SELECT band, {slug("record_id")} AS slug, min(record_id) AS first FROM buckets GROUP BY ALL
    ), firsts AS (
        SELECT band, min(first, {_NEAREST + 1}) AS others FROM errors GROUP BY band HAVING count(*) > 1
    ), candidates AS (
        SELECT DISTINCT record_id, other_id
        FROM (SELECT record_id,
                unnest([other FOR other IN others IF {slug("other")} <> {slug("record_id")}][:{_NEAREST}]) AS other_id
            FROM buckets JOIN firsts USING (band))
    )
"""

_TEXTS_OF_CANDIDATES = f"""
    WITH {_CANDIDATES}, missing AS (
        SELECT record_id, other_id FROM candidates
        WHERE (record_id, other_id) NOT IN (SELECT record_id, other_id FROM pairs WHERE code = 'IDN005')
    ), concerned AS (
        SELECT record_id FROM missing UNION SELECT other_id FROM missing
    ), actions AS (
        SELECT record_id, string_agg(action, ' ' ORDER BY part, position) AS action
        FROM (SELECT 1 AS part, record_id, position, action FROM dead_ends
            UNION ALL SELECT 2, record_id, position, action FROM workarounds)
        SEMI JOIN concerned USING (record_id) GROUP BY record_id
    ), texts AS (
        SELECT id,
            lower(left(concat_ws(' ', signature, array_to_string(signatures, ' '), root_cause, action), {_LONGEST})) AS text
        FROM records JOIN concerned ON concerned.record_id = id LEFT JOIN actions ON actions.record_id = id
    )
    SELECT record_id, one.text, other_id, other.text
    FROM missing JOIN texts one ON one.id = record_id JOIN texts other ON other.id = other_id
"""


@corpus(
    "IDN005",
    "near-duplicate",
    Severity.INFO,
    version=5,
    compares=True,
    most=_NEAREST * 16,
    only_with="pairs WHERE code = 'IDN005'",
    sql=f"""
        WITH {_CANDIDATES}
        SELECT record_id AS id, '' AS pointer,
            'reads like ' || other_id || ': signature, root cause and actions are ' || floor(100 * score)::INTEGER
                || ' % alike; merge the two (`kb merge ' || record_id || ' ' || other_id || '`), or keep in each what is its own'
                AS message
        FROM candidates JOIN pairs USING (record_id, other_id)
        WHERE code = 'IDN005' AND score >= {_ALIKE}
        QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY score DESC, other_id) = 1
    """,
    good=[
        [{}, {"/id": "git/other", "/signature": "error: pathspec did not match", "/root_cause": "It was never added.",
              "/dead_ends": [], "/workarounds": []}],
        [{"/dead_ends": [], "/workarounds": [], "/root_cause": None}, {"/id": "git/other", "/root_cause": None}],
        [{}, {"/id": "git/not-a-repository/linux"}, {"/id": "git/not-a-repository/windows"}],
    ],
    bad=[
        At([{}, {"/id": "git/other"}], "/0", "/1"),
        At([{}, {"/id": "git/other", "/dead_ends/0/action": "Reinstall git from scratch"}], "/0", "/1"),
    ],
)  # fmt: skip
def near_duplicate(ask: Ask) -> Pairs:
    """Is not a near copy of another record: signatures, root cause and actions together.

    Two copies are corrected one at a time, and soon contradict each other; only records of one error in different
    environments may be alike. Candidates are found by MinHash over pairs of words, so a few are missed; what is found
    is at least nine tenths alike, counted in words. Of what a record says, the first 20,000 characters are compared.
    """
    from rapidfuzz.distance import Indel  # noqa: PLC0415 - only where records are compared

    if not any(ask("SELECT true FROM buckets LIMIT 1")):
        return
    for record_id, text, other_id, other_text in ask(_TEXTS_OF_CANDIDATES):
        yield record_id, other_id, Indel.normalized_similarity(text.split(), other_text.split())


@corpus(
    "IDN006",
    "alias-collides",
    Severity.WARNING,
    only_with="records WHERE len(aliases) > 0",
    sql="""
        WITH aliased AS (
            SELECT id, alias, min(place) - 1 AS place
            FROM (SELECT id, unnest(aliases) AS alias, generate_subscripts(aliases, 1) AS place FROM records)
            GROUP BY id, alias
        ), names AS (
            SELECT id AS name, id FROM records WHERE id IN (SELECT alias FROM aliased)
            UNION SELECT alias, id FROM aliased
        ), others AS (
            SELECT name, count(*) AS total, min(id, 4) AS firsts FROM names GROUP BY name HAVING count(*) > 1
        )
        SELECT id, '/aliases/' || place AS pointer,
            shown(alias) || CASE WHEN alias IN (SELECT id FROM records) THEN ' is the id of another record'
                ELSE ' is also an alias of ' || some_of(list_filter(firsts, lambda other: other <> aliased.id), total - 1) END
                || '; leave it to one of them' AS message
        FROM aliased JOIN others ON name = alias WHERE alias <> id
    """,
    good=[[{"/aliases/0": "git/old-name"}, {"/id": "git/other", "/aliases/0": "git/older-name"}]],
    bad=[
        At([{"/aliases/0": "git/other"}, {"/id": "git/other"}], "/0/aliases/0"),
        At(
            [{"/aliases/0": "git/old-name"}, {"/id": "git/other", "/aliases/0": "git/old-name"}],
            "/0/aliases/0",
            "/1/aliases/0",
        ),
    ],
)
def alias_collides() -> None:
    """Has no alias that is another record's id or alias.

    An alias stands for one record. Where it could stand for two, a reference by it leads to either.
    """


@fix(
    "IDN007",
    "signature-repeated",
    Severity.INFO,
    stage=Stage.LIST,
    at=(WHOLE,),
    says="{before} stands there already, or says nothing; it is taken out",
    good=[
        {},
        {"/signatures": ["fatal: Not a git repository (or any of the parent directories): .git"]},
        {"/signatures": ["fatal: no  worktree", "fatal: no worktree"]},
    ],
    bad=[
        (
            {"/signatures/0": "fatal: not a git repository (or any of the parent directories): .git"},
            {"/signatures/0": ABSENT},
        ),
        (
            {"/signatures": ["fatal: no worktree", "", "fatal: no worktree"]},
            {"/signatures/1": ABSENT, "/signatures/2": ABSENT},
        ),
    ],
)
def signature_repeated(document: Document) -> Document:
    """Lists each further signature once, and not `signature` again.

    Two that differ in case or inner space stay: a tool may print both. One that is empty goes too.
    """
    seen = {document["signature"], ""}
    signatures: list[Json] = []
    for text in document["signatures"]:
        signatures.append(GONE if text in seen else text)
        seen.add(text)
    return {**document, "signatures": signatures} if GONE in signatures else document
