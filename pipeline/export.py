"""`curated/`: the store as files that people, git and other programs read. Same base, same bytes."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from pipeline import __version__
from pipeline.contract import SCHEMA_VERSION
from pipeline.render.reports import document
from pipeline.reports import REPORTS, Options, run
from pipeline.store import Store

OWNED = ("records", "reports", "findings.ndjson", "changes.ndjson", "quarantine.ndjson", "manifest.json")
"""What kb writes below `curated/`; anything else there is left as it is."""

_FINDINGS = """
    SELECT record_id, path, position, line, code, name, severity, pointer, message, fixable
    FROM findings ORDER BY path, position, seq, code, pointer, message
"""

_CHANGES = """
    SELECT record_id, path, position, code, pointer, before, after FROM changes ORDER BY path, position, seq
"""

_QUARANTINE = """
    SELECT q.record_id, q.path, q.position, q.line, q.digest, q.raw,
        list({code: f.code, severity: f.severity, pointer: f.pointer, message: f.message} ORDER BY f.seq, f.pointer)
    FROM quarantine q JOIN findings f USING (path, position)
    GROUP BY ALL ORDER BY q.path, q.position
"""


def write(store: Store, folder: Path, previous: Path, options: Options) -> str:
    """Write the whole of `curated/` into an empty folder; what is as in `previous` is linked, not written again.

    Returns:
        The digest of all that was written, as it stands in the manifest: equal digests mean equal bytes.
    """
    total = hashlib.sha256()
    for name, data in _files(store, options):
        target, old = folder / name, previous / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if _holds(old, data):
            os.link(old, target)
        else:
            target.write_bytes(data)
        total.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode())
    digest = f"sha256:{total.hexdigest()}"
    (folder / "manifest.json").write_bytes(pretty(_manifest(store, options, digest)))
    _keep_others(folder, previous)
    return digest


def pretty(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """JSON for people and for git: indented, with a last line feed."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _files(store: Store, options: Options) -> Iterator[tuple[str, bytes]]:
    yield "changes.ndjson", b"".join(_changes(store))
    yield "findings.ndjson", b"".join(_findings(store))
    yield "quarantine.ndjson", b"".join(_quarantine(store))
    for name, doc in store.stream("SELECT id, doc FROM records ORDER BY id"):
        yield f"records/{name}.json", pretty(orjson.loads(doc))
    for name, report in REPORTS.items():
        yield f"reports/{name}.json", document(run(store, report, options)).encode()


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _findings(store: Store) -> Iterator[bytes]:
    for record, path, position, line, code, name, severity, pointer, message, fixable in store.stream(_FINDINGS):
        yield _line(
            {
                "code": code,
                "name": name,
                "severity": severity,
                "record": record,
                "pointer": pointer,
                "message": message,
                "fixable": fixable,
                "path": path,
                "position": position,
                "line": line,
            }
        )


def _changes(store: Store) -> Iterator[bytes]:
    for record, path, position, code, pointer, before, after in store.stream(_CHANGES):
        change = {"record": record, "path": path, "position": position, "code": code, "pointer": pointer}
        change["before"] = orjson.Fragment(before)
        if after is not None:
            change["after"] = orjson.Fragment(after)
        yield _line(change)


def _quarantine(store: Store) -> Iterator[bytes]:
    for record, path, position, line, digest, raw, findings in store.stream(_QUARANTINE):
        yield _line(
            {
                "record": record,
                "path": path,
                "position": position,
                "line": line,
                "digest": f"sha256:{digest}",
                "findings": findings,
                **raw_text(raw),
            }
        )


def raw_text(raw: bytes) -> dict[str, str]:
    """Bytes as JSON can hold them: text where they are UTF-8, else Base64."""
    try:
        return {"encoding": "utf-8", "raw": raw.decode()}
    except UnicodeDecodeError:
        import base64  # noqa: PLC0415 - rarely needed

        return {"encoding": "base64", "raw": base64.b64encode(raw).decode()}


def _manifest(store: Store, options: Options, digest: str) -> dict[str, Any]:
    by_code = store.query("SELECT code, count(*) FROM findings GROUP BY code ORDER BY code").rows
    counts = {
        table: store.value(f"SELECT count(*) FROM {table}")
        for table in ("records", "quarantine", "copies", "findings", "changes", "files")
    }
    return {
        "kb_version": __version__,
        "schema_version": SCHEMA_VERSION,
        "as_of": options.as_of.isoformat(),
        "counts": counts,
        "findings_by_code": dict(by_code),
        "digest": digest,
    }


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def _keep_others(folder: Path, previous: Path) -> None:
    if previous.is_dir():
        for entry in previous.iterdir():
            if entry.name not in OWNED:
                target = folder / entry.name
                if entry.is_dir() and not entry.is_symlink():
                    target.mkdir()
                    _keep_all(entry, target)
                else:
                    os.link(entry, target, follow_symlinks=False)


def _keep_all(source: Path, target: Path) -> None:
    for entry in source.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            (target / entry.name).mkdir()
            _keep_all(entry, target / entry.name)
        else:
            os.link(entry, target / entry.name, follow_symlinks=False)
