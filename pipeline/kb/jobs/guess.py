"""`kb formats guess`: a first mapping from samples, by the names of their keys and the shape of what stands there."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from os.path import commonpath
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import orjson

from kb.contract import INCOMING, schema
from kb.errors import KbError
from kb.guessing import guess_fields, guess_pages
from kb.guessing.guess_fields import Guess, Sketch
from kb.jobs.samples import Sample, samples
from kb.model import Document
from kb.settings import Trust
from kb.sources.formats import NATIVE, SHIPPED, SIGNS, Formats
from kb.sources.formats.declaration import TREES
from kb.sources.formats.functions import slug
from kb.sources.formats.mapping_file import RESERVED, format_of
from kb.words import visible
from kb.workspace import Workspace

EACH = 100
"""So many records of each path are looked at."""

MOST = 400
"""So many are looked at in all."""


class Guessed(NamedTuple):
    """A mapping as a file, and what to know about it besides."""

    text: str
    notes: tuple[str, ...]


def guess(
    workspace: Workspace,
    paths: Sequence[Path],
    name: str = "mapping",
    origin: str | None = None,
    domain: str | None = None,
) -> Guessed:
    """A first mapping from the first records of some files; it loads, and has an answer for every document.

    Where records do not say their domain, it is the one that is given, else what the paths say.

    Raises:
        KbError: a path is missing, nothing there can be read, or what there is needs no mapping, or several.
    """
    taken, read = _samples(workspace, paths)
    documents = [sample.document for sample in read if sample.document is not None]
    known = _known(workspace, read)
    if known == NATIVE:
        raise KbError(f"{read[0].path}: holds native records, which need no mapping; run `kb ingest`")
    kinds = sorted({sample.reader.name for sample in read})
    if len(kinds) > 1 and not TREES.issuperset(kinds):
        one, other = (next(sample.path for sample in read if sample.reader.name == kind) for kind in kinds[:2])
        raise KbError(f"{one} is {kinds[0]} and {other} is {kinds[1]}; guess a mapping for each")
    text = mapping(documents, kinds, _files(read), domain)
    format_of(name, origin or f"formats/{name}.toml", text)
    return Guessed(text, tuple(_notes(taken, read, known)))


def known_as(workspace: Workspace, paths: Sequence[Path]) -> str | None:
    """The format that most samples of some files are known to have, and the others none, the native one too.

    Raises:
        KbError: as in `guess`, but for what needs no mapping.
    """
    return _known(workspace, _samples(workspace, paths)[1])


def domain_of(workspace: Workspace, paths: Sequence[Path]) -> str:
    """What some files are about, as far as their paths say it.

    Raises:
        KbError: as in `known_as`.
    """
    return _domain(_files(_samples(workspace, paths)[1]))


def name_for(domain: str) -> str:
    """A name for the mapping of records about a domain."""
    name = domain[:60].strip("-")
    return name if name[:1].isalpha() and name not in {*RESERVED, *SIGNS} else f"own-{name}"


def _samples(workspace: Workspace, paths: Sequence[Path]) -> tuple[list[Sample], list[Sample]]:
    """The samples of some files, and those of them that say something."""
    plain = workspace._replace(
        configured=False
    )  # its mappings are not asked: one of them may be what is to be replaced
    taken = list(islice((one for path in paths for one in samples(plain, path, EACH, SHIPPED)), MOST))
    read = [sample for sample in taken if sample.document is not None]
    if not read:
        raise KbError(_unread(paths, taken))
    return taken, read


def _known(workspace: Workspace, read: Sequence[Sample]) -> str | None:
    try:
        formats = Formats(workspace.format_files())
    except KbError:  # a faulty mapping, which may be the one to be replaced
        formats = SHIPPED
    found = Counter(_known_format(formats, sample) for sample in read)
    name, number = found.most_common(1)[0]
    return name if found.keys() <= {name, None} and 2 * number > len(read) else None


def _known_format(formats: Formats, sample: Sample) -> str | None:
    document = sample.document or {}
    form = formats.detect(document, sample.path, sample.reader.name)
    return form.name if form else NATIVE if _is_native(document) else None


def mapping(
    documents: Sequence[Document], kinds: Sequence[str], files: Sequence[str], domain: str | None = None
) -> str:
    """A mapping file for some documents of these kinds, which were in these files."""
    drafted = guess_pages.draft if list(kinds) == ["markdown"] else guess_fields.draft
    draft = drafted(documents, domain or _domain(files))
    return "\n".join([*_head(draft, kinds, files, len(documents)), "", *_body(draft)]) + "\n"


def _unread(paths: Sequence[Path], taken: Sequence[Sample]) -> str:
    where = ", ".join(map(str, paths))
    why = f": {_where(taken[0])}: {taken[0].fault}" if taken else ", for no file there is one that kb reads"
    return f"{where}: there is nothing to guess from{why}"


def _where(sample: Sample) -> str:
    return str(sample.records[0].origin) if sample.records else sample.path


def _is_native(document: Document) -> bool:
    return len(document.keys() & set(schema(INCOMING)["required"])) >= 6


def _domain(files: Sequence[str]) -> str:
    """What the records are about, as far as paths say it: the nearest folder that all lie in, else the name of the file."""
    above = PurePosixPath(commonpath([str(PurePosixPath(file).parent) for file in files])).parts
    names = [*reversed(above)] if len(files) > 1 else [PurePosixPath(files[0]).name.partition(".")[0], *reversed(above)]
    return next((name for name in map(slug, names) if name and name not in _SAYING_NOTHING), "errors")


def _files(read: Sequence[Sample]) -> list[str]:
    return list(dict.fromkeys(sample.path.partition("!")[0] for sample in read))


_SAYING_NOTHING = frozenset(
    {
        "raw",
        "docs",
        "doc",
        "records",
        "data",
        "alerts",
        "errors",
        "error-messages",
        "messages",
        "pages",
        "content",
        "src",
    }
)


# ---- the file --------------------------------------------------------------------------------------------------------


def _head(draft: Sketch, kinds: Sequence[str], files: Sequence[str], number: int) -> Iterator[str]:
    globs = list(dict.fromkeys(f"*{PurePosixPath(file).name}" for file in files))
    if len(globs) > 5:
        globs = list(dict.fromkeys(f"*{PurePosixPath(file).suffix}" for file in files))
    shown = ", ".join(map(quoted, globs))
    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    yield _comment(f"Guessed from {number:,} {'record' if number == 1 else 'records'} of {files[0]}{more}.")
    yield _comment(
        "The figure behind each line says how sure the guess is. What begins with # is yours to give or to leave."
    )
    yield f"title = {quoted(f'Records of {PurePosixPath(files[0]).name}{more}')}"
    yield f"read = {orjson.dumps(list(kinds)).decode()}"
    if draft.records is not None:
        yield f"records = {quoted(draft.records.expression)}{_sure(draft.records)}"
    if draft.claims is not None and draft.records is None:
        yield f"claims = {quoted(draft.claims)}  # how kb knows such a record: what all samples have"
        yield f"# files = [{shown}]  # only of these files besides: patterns of paths below the workspace or raw/"
    else:
        yield f"files = [{shown}]  # how kb knows such a record: patterns of paths below the workspace or raw/"


def _body(draft: Sketch) -> Iterator[str]:
    yield "[map]"
    for guess in draft.fields:
        yield f"{guess.field} = {quoted(guess.expression)}{_sure(guess)}"
    given = {guess.field for guess in draft.fields} | draft.defaults.keys() | {guess.field for guess, _ in draft.lists}
    for field, (example, why) in _TO_MAP.items():
        if field not in given:
            yield f"# {field} = {example}  # to give: {why}"
    if draft.unused:
        more = len(draft.unused) - _MOST_SHOWN
        shown = [*draft.unused[:_MOST_SHOWN], *([f"and {more} more"] if more > 0 else [])]
        yield _comment(f"Kept as it is, and no field of the record: {', '.join(shown)}")
    yield from ("", "[default]") if draft.defaults.keys() | _TO_DEFAULT.keys() - given else ()
    for field, (literal, why) in draft.defaults.items():
        yield f"{field} = {literal}  # {why}"
    for field, (example, why) in _TO_DEFAULT.items():
        if field not in given:
            yield f"# {field} = {example}  # to give: {why}"
    for field, table in draft.values.items():
        yield from ("", f"[values.{field}]")
        yield from (f"{quoted(word)} = {quoted(ours)}" for word, ours in table.items())
    for items, fields in draft.lists:
        yield from ("", f"[lists.{items.field}]", f"items = {quoted(items.expression)}{_sure(items)}")
        yield from (f"{guess.field} = {quoted(guess.expression)}{_sure(guess)}" for guess in fields)


_MOST_SHOWN = 30

_TO_MAP = {
    "id": ("\"join('/', ['tool', slug(KEY)])\"", "domain/slug, such as git/not-a-repository"),
    "signature": ('"KEY"', "the message as the tool prints it"),
    "regex": ('"template(KEY)"', "a pattern that finds the message in a log"),
}
_TO_DEFAULT = {
    "category": ('"build_error"', "the kind of error, or a line for it in [map]"),
    "verification_tier": ('"community_reported"', f"who vouches for these records: {', '.join(Trust().ladder)}"),
    "confidence": ("0.5", "how sure their author is, from 0 to 1"),
    "resolvable": ('"partial"', "whether the error can be resolved: true, partial or false"),
}
"""What a record has to have and samples may not say, each with an example: a record without it is rejected."""


def quoted(text: str) -> str:
    """A text as a basic string of TOML."""
    return orjson.dumps(text).decode().replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    return f"# {visible(text)}"


def _sure(guess: Guess) -> str:
    return f"  # {guess.sure} %: {visible(guess.why)}"


def _notes(taken: Sequence[Sample], read: Sequence[Sample], known: str | None) -> Iterator[str]:
    unread = [sample for sample in taken if sample.document is None]
    if unread:
        yield f"{len(unread)} of {len(taken)} samples cannot be read; the first: {_where(unread[0])}: {unread[0].fault}"
    if known:
        yield f"kb knows such records already, as {known}; see `kb formats try {known} {read[0].path}`"


def check_free(path: Path, *, force: bool) -> None:
    """Hold a place to be one where a mapping can be written.

    Raises:
        KbError: there is a file, or its name can be that of no format.
    """
    if path.suffix != ".toml":
        raise KbError(f"{path}: a mapping is a .toml file; write formats/NAME.toml")
    if path.exists() and not force:
        raise KbError(f"{path}: is there already; --force replaces it")
    format_of(path.stem, str(path), _LEAST)


_LEAST = 'map.id = "id"'
"""What a mapping says at least."""
