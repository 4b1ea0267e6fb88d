"""`curated/`: the store as files that people, git and other programs read. Same base, same bytes."""

import filecmp
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from kb import __version__
from kb.contract import SCHEMA_VERSION
from kb.model import Table
from kb.publish import seal
from kb.publish.splice import Touched, splice
from kb.render.answers import document_in_parts
from kb.render.tables import as_csv
from kb.reports import REPORTS, Options, figures, page_data, run, totals
from kb.rules.ruleset import RuleSet
from kb.settings import LAYOUTS
from kb.store import Store
from kb.store.as_before import compared
from kb.workspace import DAY_FINDINGS, MANIFEST, METRICS, OWNED, PAGE

_RECORDS = LAYOUTS["ndjson"]

_FINDINGS = """
    SELECT to_json({code: code, name: name, severity: severity, record: record_id, pointer: pointer, message: message,
        fixable: fixable, suppressed: suppressed, path: path, position: position, line: line, fingerprint: fingerprint})
    FROM {findings} ORDER BY path, position, seq, code, pointer, message
"""

_LINES = {
    "findings.ndjson": _FINDINGS.replace("{findings}", "lasting"),
    DAY_FINDINGS: _FINDINGS.replace("{findings}", "passing"),
    "changes.ndjson": """
        SELECT CASE WHEN after IS NULL
            THEN to_json({record: record_id, path: path, position: position, code: code, pointer: pointer, before: before})
            ELSE to_json({record: record_id, path: path, position: position, code: code, pointer: pointer, before: before,
                after: after}) END
        FROM changes ORDER BY path, position, seq
    """,
    "quarantine.ndjson": """
        SELECT to_json({record: q.record_id, path: q.path, position: q.position, line: q.line,
            digest: 'sha256:' || any_value(q.digest),
            findings: list({code: f.code, severity: f.severity, pointer: f.pointer, message: f.message}
                ORDER BY f.seq, f.pointer, f.message),
            encoding: CASE WHEN any_value(q.text) IS NULL THEN 'base64' ELSE 'utf-8' END,
            raw: coalesce(any_value(q.text), to_base64(any_value(q.raw)))})
        FROM (SELECT *, TRY(decode(raw)) AS text FROM quarantine) q
        JOIN (FROM lasting UNION ALL FROM passing WHERE severity = 'error') f USING (path, position)
        WHERE f.suppressed IS NULL
        GROUP BY q.record_id, q.path, q.position, q.line ORDER BY q.path, q.position
    """,
}
"""The files of lines, of the findings that are `lasting` and of those that depend on the day (`_by_day`)."""

_LINES_OF = {
    "findings.ndjson": ("findings", "withheld"),
    DAY_FINDINGS: ("findings",),
    "changes.ndjson": ("changes",),
    "quarantine.ndjson": ("quarantine",),
}
"""The tables that their lines come from: without a row there, nothing is asked."""

_OF_LINES = frozenset(chain.from_iterable(_LINES_OF.values()))


def _by_day(rules: RuleSet) -> str:
    """Split the findings: what a rule that looks at the day replaces is lasting, for it is there on another day."""
    looking = [rule for rule in rules.known.values() if rule.by_day]
    codes = [rule.code for rule in looking]
    replaced = [code for rule in looking for code in rule.replaces]
    return f"""
        WITH passing AS (SELECT * FROM findings WHERE code IN {_listed(codes)}),
        lasting AS (
            SELECT * FROM findings WHERE code NOT IN {_listed(codes)}
            UNION ALL BY NAME SELECT * FROM withheld WHERE code IN {_listed(replaced)})
    """


def _listed(codes: Iterable[str]) -> str:
    return f"({', '.join(repr(code) for code in codes)})"


class Written(NamedTuple):
    """The digest of all that was written, as it stands in the manifest, and that of each file."""

    digest: str
    files: dict[str, str]


class Known(NamedTuple):
    """What need not be written anew.

    `touched` says that the `records.ndjson` there was is as the store was before, and which records are not what they were.
    `elsewhere` are the digests of files that are written already, by their names: the records may be. `unchanged` are those of
    files that there were, and would be written again as they are.
    """

    touched: Touched | None = None
    elsewhere: Mapping[str, str] = MappingProxyType({})
    unchanged: Mapping[str, str] = MappingProxyType({})


_NOTHING_KNOWN = Known()


def unchanged_files(digests: Mapping[str, str], same: frozenset[str], *, same_day: bool) -> dict[str, str]:
    """Of the files there were, by their digests, those that would be written again as they are.

    `same` are the tables that say what they said, of a store that was judged by the same rules.
    """
    if not same.issuperset(_OF_LINES):
        return {}
    reports_too = same_day and same.issuperset(compared())
    return {name: digest for name, digest in digests.items() if name in _LINES or (reports_too and _is_report(name))}


def _is_report(name: str) -> bool:
    return name.startswith("reports/") and name not in _LINES


def write(
    store: Store,
    folder: Path,
    previous: Path,
    options: Options,
    rules: RuleSet,
    known: Known = _NOTHING_KNOWN,
) -> Written:
    """Write the whole of `curated/` into an empty folder; what is as in `previous` is linked, not written again.

    The settings say whether there is a file for each record or one for all, and whether there is a page of the base,
    which explains the rules.

    Equal digests mean equal bytes.
    """
    touched, elsewhere, unchanged = known
    standing = {name for name, status in seal.entries(previous).items() if seal.is_plain(status)}
    digests = {}

    def old(name: str) -> Path | None:
        return previous / name if name in standing else None

    for name, sql in sorted(_LINES.items()):
        if name in unchanged:
            digests[name] = _let_stand(folder / name, previous / name, unchanged[name])
            continue
        asked = f"{_by_day(rules)}{sql}" if any(map(store.holds, _LINES_OF[name])) else None
        digests[name] = _write_lines(store, asked, folder / name, old(name))
    in_one = rules.settings.export.records == "ndjson" or _RECORDS in elsewhere
    with ThreadPoolExecutor(1) as beside:
        if in_one:
            digests[_RECORDS] = ""
            if _RECORDS not in elsewhere:
                lines = splice(previous / _RECORDS, *touched) if touched else _lines(store)
                written = beside.submit(_write_parts, lines, folder / _RECORDS)
        for name, parts in _files(store, options, rules, unchanged, in_one=in_one):
            target = folder / name
            if isinstance(parts, str):
                digests[name] = _let_stand(target, previous / name, parts)
            elif isinstance(parts, bytes):
                digests[name] = _write_bytes(parts, target, old(name))
            else:
                digests[name] = _write_parts(parts, target)
                _link(target, old(name))
        if _RECORDS in elsewhere:
            digests[_RECORDS] = elsewhere[_RECORDS]
        elif in_one:
            digests[_RECORDS] = written.result()
            if not touched or not touched.ids:
                _link(folder / _RECORDS, old(_RECORDS))
    manifest = _manifest(store, options)
    digest_lines = [f"{name}\0{digest}\n" for name, digest in digests.items()]
    total = f"sha256:{hashlib.sha256(''.join(digest_lines).encode() + orjson.dumps(manifest)).hexdigest()}"
    digests[MANIFEST] = _write_bytes(pretty({**manifest, "digest": total}), folder / MANIFEST, None)
    _keep_others(folder, previous)
    return Written(total, digests)


def _write_lines(store: Store, sql: str | None, target: Path, old: Path | None) -> str:
    """Write an answer; without a question, an empty one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if sql is None:
        target.touch()
    else:
        store.write_lines(sql, target)
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _link(target, old)
    return digest


def _let_stand(target: Path, old: Path, digest: str) -> str:
    """Let a file be the old one, of which this is the digest."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not _linked(target, old):
        shutil.copyfile(old, target)
    return digest


def _write_bytes(data: bytes, target: Path, old: Path | None) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    if old is None or not _holds(old, data) or not _linked(target, old):
        target.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _write_parts(parts: Iterable[bytes], target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as file:
        for part in parts:
            file.write(part)
            digest.update(part)
    return digest.hexdigest()


def _link(target: Path, old: Path | None) -> None:
    """Let a file be the old one, where that holds the same."""
    if old is not None and old.stat().st_size == target.stat().st_size and filecmp.cmp(old, target, shallow=False):
        linked = target.with_name(f"{target.name}.linked")
        if _linked(linked, old):
            linked.replace(target)
            linked.unlink(missing_ok=True)  # where both were one file already, nothing was replaced


def _linked(target: Path, old: Path) -> bool:
    """Link a file, which not every system can, nor may everybody do with every file."""
    try:
        target.hardlink_to(old)
    except OSError:
        return False
    return True


def pretty(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """JSON for people and for git: indented, with a last line feed."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _lines(store: Store) -> Iterator[bytes]:
    """Every document as a line. The first is there already, so that another thread asks for the rest by its own cursor."""
    lines = (f"{doc}\n".encode() for _, doc in store.documents())
    return chain([next(lines, b"")], lines)


def _files(
    store: Store, options: Options, rules: RuleSet, unchanged: Mapping[str, str], *, in_one: bool
) -> Iterator[tuple[str, bytes | Iterator[bytes] | str]]:
    """All files but those of lines, by name: what they hold, or the digest of one that stands as it is."""
    if not in_one:
        for name, doc in store.documents():
            yield f"records/{name}.json", pretty(orjson.loads(doc))
    for name, stone in tombstones(store):
        yield f"withdrawn/{name}.json", pretty(stone)
    kept = [(name, digest) for name, digest in unchanged.items() if _is_report(name)]
    yield from kept or reports(store, options)
    if rules.settings.export.html:
        yield PAGE, _page(store, options._replace(history=False), rules)


def tombstones(store: Store) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is left of each record that the ledger took out."""
    rows = store.query(
        """SELECT record_id AS id, status, reason, successor, strftime(decided_at, '%Y-%m-%dT%H:%M:%SZ') AS "at", actor AS "by",
            event
        FROM tombstones ORDER BY record_id"""
    ).records()
    yield from ((row["id"], row) for row in rows)


def _page(store: Store, options: Options, rules: RuleSet) -> bytes:
    from kb.render.html import base_page  # noqa: PLC0415 - brings what draws the charts

    asked = options._replace(common=rules.settings.report)
    return base_page.document(page_data.ask(store, asked, rules.settings.trust.ladder), rules.known).encode()


def reports(store: Store, options: Options) -> Iterator[tuple[str, bytes | Iterator[bytes]]]:
    """Every report as `curated/` holds it, its figures as metrics, and what is plotted: without earlier runs."""
    alone = options._replace(history=False)
    store = _Remembering(store.connection)
    sums = totals(store, alone)
    for name, report in sorted(REPORTS.items()):
        if report.asked(alone):
            kept = alone._replace(limit=report.kept) if options.limit is None else alone
            yield f"reports/{name}.json", document_in_parts(store, report, kept, sums)
            for section in report.asked(alone):
                if section.plotted:
                    (part,) = run(store, report, alone, section, sums).parts
                    yield f"reports/{name}-{section.name}.csv", as_csv(part.rows).encode()
            if name == "quality":
                yield METRICS, pretty(figures(store, alone))


class _Remembering(Store):
    """A store that nobody changes: a section that stands in two reports, and in a file of its own, is asked for once."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - of the store, which alone knows DuckDB
        super().__init__(connection)
        self._known: dict[tuple[object, ...], Table] = {}

    def query(self, sql: str, parameters: Mapping[str, object] | Sequence[object] | None = None) -> Table:
        if not isinstance(parameters, Mapping):
            return super().query(sql, parameters)
        asked = (sql, *parameters.items())
        if asked in self._known:
            return self._known[asked]
        table = super().query(sql, parameters)
        if len(table.rows) <= _FEW:
            self._known[asked] = table
        return table


_FEW = 100
"""Answers of so many rows are remembered."""


def raw_text(raw: bytes) -> dict[str, str]:
    """Bytes as JSON can hold them: text where they are UTF-8, else Base64."""
    try:
        return {"encoding": "utf-8", "raw": raw.decode()}
    except UnicodeDecodeError:
        import base64  # noqa: PLC0415 - rarely needed

        return {"encoding": "base64", "raw": base64.b64encode(raw).decode()}


def _manifest(store: Store, options: Options) -> dict[str, Any]:
    by_code = store.query("SELECT code, count(*) FROM findings GROUP BY code ORDER BY code").rows
    tables = {name: name for name in ("records", "quarantine", "copies", "findings", "changes", "files")}
    of_ledger = {"events": "events", "withdrawn": "tombstones"}
    sql = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {table}" for name, table in (tables | of_ledger).items())
    there = dict(store.query(sql).rows)
    counts = {name: there[name] for name in tables}
    counts |= {name: there[name] for name in of_ledger if there[name]}
    return {
        "kb_version": __version__,
        "schema_version": SCHEMA_VERSION,
        "as_of": options.as_of.isoformat(),
        "counts": counts,
        "findings_by_code": dict(by_code),
    }


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def differences(store: Store, curated: Path, options: Options, rules: RuleSet) -> Iterator[tuple[str, str]]:
    """What below `curated/` is not as the store gives it, as (file, what is wrong); the store has to be open for files."""
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:
        fresh = Path(folder)
        in_parts = {}
        if (curated / _RECORDS).is_dir():
            lines = hashlib.sha256()
            for line in _lines(store):
                lines.update(line)
            in_parts[_RECORDS] = lines.hexdigest()
            if digest_of_parts(curated / _RECORDS) != in_parts[_RECORDS]:
                yield _RECORDS, "as in the store"
        write(store, fresh, fresh / "nothing", options, rules, Known(elsewhere=in_parts))
        wanted, present = seal.entries(fresh), seal.entries(curated)
        if in_parts:
            present = {name: status for name, status in present.items() if name.partition("/")[0] != _RECORDS}
        for name in sorted(wanted.keys() | present.keys()):
            if wrong := _wrong(fresh / name, curated / name, wanted.get(name), present.get(name)):
                yield name, wrong


def digest_of_parts(folder: Path) -> str:
    """The digest of the files of a folder, one behind the other in the order of their names."""
    digest = hashlib.sha256()
    for part in sorted(folder.iterdir()):
        with part.open("rb") as file:
            while data := file.read(1 << 20):
                digest.update(data)
    return digest.hexdigest()


def _wrong(fresh: Path, published: Path, wanted: os.stat_result | None, present: os.stat_result | None) -> str | None:
    if present is None:
        return "there"
    if wanted is None:
        return "a file of kb's own making"
    if stat.S_ISDIR(wanted.st_mode):
        return None
    if not seal.is_plain(present):
        return "a file that can be read"
    return None if filecmp.cmp(fresh, published, shallow=False) else "as in the store"


def _keep_others(folder: Path, previous: Path) -> None:
    """Take over what others put beside kb's own files; links are not followed."""
    if previous.is_dir() and not previous.is_symlink():
        for entry in previous.iterdir():
            if entry.name not in OWNED:
                _keep(entry, folder / entry.name)


def _keep(entry: Path, target: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        target.mkdir()
        for inner in entry.iterdir():
            _keep(inner, target / inner.name)
        return
    try:
        os.link(entry, target, follow_symlinks=False)
    except OSError:
        if not entry.is_symlink() and not entry.is_file():
            raise
        shutil.copy2(entry, target, follow_symlinks=False)
