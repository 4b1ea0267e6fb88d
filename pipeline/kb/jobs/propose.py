"""`kb propose`: a draft of a person or an agent comes into raw/inbox, and is judged at once. Nothing is published."""

import io
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import re2

from kb import aside, contract, sources
from kb.analysis import regexes
from kb.analysis.credentials import credentials
from kb.errors import KbError
from kb.jobs.validate import ValidateOptions, validate
from kb.judging.request import Request
from kb.model import Document, Incoming
from kb.publish import swap
from kb.results import Kin, Located, Proposal
from kb.rules import catalogue, ruleset
from kb.rules.ruleset import RuleSet
from kb.sources import readers
from kb.store import Store
from kb.workspace import Workspace

INBOX = "inbox"
"""Where drafts wait, below raw/."""

LARGEST = 1 << 20
"""No draft has more bytes."""

_TELLING = ("signature", "regex", "dead_ends", "workarounds", "root_cause")
"""One of these keys an object has that is meant for a record, however little it says else."""


def propose(workspace: Workspace, path: Path, request: Request, standard_input: IO[bytes] | None = None) -> Proposal:
    """Judge a draft as if it were ingested, and keep it in `raw/inbox/` under a name made of its bytes.

    The path `-` stands for `standard_input`. The same draft again is judged again, and not written; a file is never
    overwritten.

    Raises:
        KbError: it cannot be read, is too long, is not one record, holds a credential, or was edited since it was proposed;
            nothing was written then. Or it cannot be written.
    """
    shown = "standard input" if standard_input is not None else str(path)
    data = _bytes(path, standard_input, shown)
    suffix = _suffix(path, data) if standard_input is None else _suffix_of_stream(data)
    target = workspace.raw / INBOX / f"draft-{sources.digest(data)[:16]}{suffix}"
    sources.check_found_again(target, workspace)
    name = sources.name_of(target, workspace)
    rules = ruleset.of(workspace, request.as_of)
    draft = _draft(_only_record(name, data, shown), rules, shown)
    is_new = not os.path.lexists(target)
    if not is_new and target.read_bytes() != data:
        raise KbError(f"{name}: was edited since this draft was proposed; it stays, and nothing was written")
    result = validate(workspace, [Path("-")], request, ValidateOptions(stdin_filename=target), io.BytesIO(data))
    findings = tuple(one for one in result.findings if one.code != "IDN002")  # where it lies is kb's own choice
    kin = _kin(workspace, draft, findings)
    if is_new:
        aside.put(target, data, name)
    record = draft.get("id")
    return Proposal(os.path.relpath(target), is_new, record if isinstance(record, str) else None, findings, kin)


def _bytes(path: Path, stream: IO[bytes] | None, shown: str) -> bytes:
    try:
        if stream is not None:
            data = stream.read(LARGEST + 1)
        elif path.is_dir():
            raise KbError(f"{path}: is a folder; propose one draft, a file or - for standard input")
        else:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
    except OSError as error:
        raise KbError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise KbError(f"{shown}: is longer than {LARGEST:,} bytes; propose one record, nothing was written")
    if not data.strip():
        raise KbError(f"{shown}: is empty; nothing was written")
    return data


def _suffix(path: Path, data: bytes) -> str:
    """What a draft is called that came in a file of that name; what is compressed is refused, for people will look at it."""
    suffix = next((one for one in readers.SUFFIXES if path.name.lower().endswith(one)), None)
    if suffix is None or _is_packed(data):
        raise KbError(f"{path}: a draft is a plain file, {', '.join(readers.SUFFIXES)}; nothing was written")
    return _ALONE.get(suffix, suffix)


_ALONE = {".ndjson": ".json", ".jsonl": ".json", ".yml": ".yaml", ".mdx": ".md"}
"""Kinds of files that are another kind where they hold one record: the same draft is one file, however it came."""


def _suffix_of_stream(data: bytes) -> str:
    """JSON where it begins as such, else YAML."""
    if _is_packed(data):
        raise KbError("standard input: is compressed; unpack it, nothing was written")
    return ".json" if data.removeprefix(contract.BOM).lstrip()[:1] in {b"{", b"["} else ".yaml"


def _is_packed(data: bytes) -> bool:
    return data.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"))


def _only_record(name: str, data: bytes, shown: str) -> Incoming:
    """The one record of a draft; `name` is that of the file that it would be in.

    Raises:
        KbError: it holds a credential, or there is none or several.
    """
    records = list(sources.records(name, data))
    found = [place for record in records for place in catalogue()["SAF001"].run(record)]
    if found or credentials(data):
        pointer, message = next(
            iter(found), ("", "it holds a credential; revoke it where it was issued, and take it out")
        )
        raise KbError(f"{shown}: {f'{pointer}: ' if pointer else ''}{message}; nothing was written")
    if len(records) != 1:
        what = "holds more than one record; propose one at a time" if records else "holds no record"
        raise KbError(f"{shown}: {what}, nothing was written")
    return records[0]


def _draft(incoming: Incoming, rules: RuleSet, shown: str) -> Document:
    """What a draft says, in the native form.

    Raises:
        KbError: it is no record.
    """
    path, raw = incoming.origin.path, incoming.raw
    if incoming.fault is not None:
        raise KbError(f"{shown}: is no record: {incoming.fault}; nothing was written")
    try:
        document = readers.of_record(path, raw).read(raw)
        form = rules.formats.of(document, None, path, readers.of(path).name)
        native = form.map(document).document if form else document
    except contract.UnreadableError as error:
        raise KbError(f"{shown}: is no record: {error}; nothing was written") from None
    if not any(key in native for key in _TELLING):
        raise KbError(
            f"{shown}: is no record: it has none of {', '.join(_TELLING)}; `kb new` prints one, nothing was written"
        )
    return native


# ---- what the base has already ---------------------------------------------------------------------------------------


def _kin(workspace: Workspace, draft: Document, findings: Iterable[Located]) -> tuple[Kin, ...]:
    """The records of the base that may be the same error, each with how that is known, by id."""
    if not workspace.store.exists():
        return ()
    with swap.reading(workspace) as base:
        known: dict[str, list[str]] = {}
        for record, how in (*_by_name(base, draft), *_by_findings(base, findings), *_by_pattern(base, draft)):
            ways = known.setdefault(record, [])
            ways += [how] if how not in ways else []
    own = draft.get("id")
    return tuple(Kin(name, tuple(how)) for name, how in sorted(known.items()) if name != own or _IS_OWN & set(how))


_IS_OWN = frozenset({"id", "withdrawn"})
"""How a draft may be akin to a record of its own id."""


def _by_name(base: Store, draft: Document) -> Iterator[tuple[str, str]]:
    aliases = draft.get("aliases")
    names = [draft.get("id"), *(aliases if isinstance(aliases, list) else [])]
    asked = {"names": [name for name in names if isinstance(name, str)]}
    yield from base.query(
        """SELECT id, 'id' AS how FROM records WHERE id IN (SELECT unnest($names::VARCHAR[]))
        UNION ALL SELECT id, 'alias' FROM records WHERE list_has_any(aliases, $names::VARCHAR[])
        UNION ALL SELECT record_id, 'withdrawn' FROM tombstones WHERE record_id IN (SELECT unnest($names::VARCHAR[]))
        ORDER BY ALL""",
        asked,
    ).rows


_FOUND = {
    "IDN004": ("signature", " is also the signature of "),
    "IDN005": ("near copy", "reads like "),
    "RGX005": ("pattern", "also matches the signature"),
}
"""What findings name other records: how these are akin, and the words behind which their ids stand."""

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*){1,2}")


def _by_findings(base: Store, findings: Iterable[Located]) -> Iterator[tuple[str, str]]:
    for finding in findings:
        if finding.code in _FOUND:
            how, words = _FOUND[finding.code]
            named = _ID.findall(finding.message.partition(words)[2])
            yield from ((name, how) for name in base.published(named))


_SEEKING = """
    SELECT id, regex FROM records JOIN match_keys ON record_id = id
    WHERE required_literals = [] OR list_bool_or([contains($text, literal) FOR literal IN required_literals])
    ORDER BY id
"""

_BROAD = """
    SELECT DISTINCT record_id FROM findings WHERE code IN ('RGX004', 'RGX007') AND record_id IS NOT NULL
"""


def _by_pattern(base: Store, draft: Document) -> Iterator[tuple[str, str]]:
    """The records whose patterns find the signature of the draft, but for those that find what is no error."""
    signature = draft.get("signature")
    if not isinstance(signature, str):
        return
    broad = {name for (name,) in base.query(_BROAD).rows}
    for name, regex in base.query(_SEEKING, {"text": signature.lower()}).rows:
        if name not in broad and _finds(regex, signature):
            yield name, "pattern"


def _finds(regex: str, text: str) -> bool:
    try:
        return bool(re2.compile(regex, regexes.options()).search(text))
    except re2.error:
        return False
