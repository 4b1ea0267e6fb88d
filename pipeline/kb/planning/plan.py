"""What an ingest has to do: which files to read, which records to judge again, what is as it was, and what is gone."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kb import sources
from kb.errors import KbError
from kb.planning.rejudging import since
from kb.planning.standing import Found, History
from kb.rules.ruleset import RuleSet
from kb.store import KnownFile
from kb.workspace import Workspace


class Plan(NamedTuple):
    """What has to be read, what is as it was and what is gone.

    `rejudged`: the rules, the settings or kb itself are not what the base was judged with. Of the files in `anew` every
    record is judged again, of others what is `concerned`, by file as path and position in the base. It is about
    the `whole` base where that was made of no file from elsewhere. `history` is what a store alone knew that is not used.
    """

    roots: Sequence[sources.Root]
    same: Sequence[KnownFile]
    read: Sequence[sources.SourceFile]
    gone: Sequence[str]
    notes: Sequence[str]
    rejudged: bool
    fresh: bool
    history: History | None
    whole: bool
    anew: frozenset[str]
    concerned: Mapping[str, set[tuple[str, int]]]

    @property
    def idle(self) -> bool:
        return not (self.read or self.gone or self.rejudged)

    def records(self, seen: Sequence[KnownFile] = ()) -> int:
        """How many records lie below the paths, given the files that were read."""
        return sum(file.records for file in (*self.same, *seen))

    def scope(self) -> list[tuple[str, str]]:
        """Every file that lies or lay below a path, with that path."""
        names = [*(file.path for file in self.same), *(file.name for file in self.read), *self.gone]
        return [(root.name, name) for root in self.roots for name in names if root.holds(name)]


def plan_for(
    workspace: Workspace, paths: Sequence[Path], rules: RuleSet, existing: Found, form: str | None, *, rehash: bool
) -> tuple[Plan, dict[str, Any] | None]:
    """Compare what is on disk with what the base knows, without reading a file that looks as it did.

    `form` is the format given for all records below the paths. With `rehash`, files are compared by content hash, not by
    size, time and inode.

    Returns:
        The plan, and the last run of the base, if there was one.

    Raises:
        KbError: a path is missing, is kb's own or passed over in a folder, or none holds a record.
    """
    for path in paths:
        sources.check_found_again(path, workspace)
    base = existing.base
    known: dict[str, KnownFile] = base.known_files() if base else {}
    last = base.last_run() if base else None
    again = since(base, last, rules)
    roots = [_root(path, workspace, form, known) for path in paths]
    empty = [root for root in roots if not root.files and not any(root.holds(name) for name in known)]
    if len(empty) == len(roots):
        raise KbError(f"{sources.nothing_in(empty, [])}; nothing was done")
    remarks = [f"{root.name}: no records there" for root in empty]
    remarks += [
        f"{root.name}: outside of the workspace, so curated/ depends on what is not kept with it; copy it into raw/"
        for root in roots
        if root.name.startswith("..")
    ]
    for name in base.roots() if base and again.rejudged else existing.roots:
        if not any(root.holds(name) for root in roots):
            if base is None and not (workspace.root / name).exists():
                remarks.append(f"{name}: is gone, and its records with it")
                continue
            roots.append(_root(workspace.root / name, workspace, None, known))
    roots = _outermost(roots)
    files = {file.name: file for root in roots for file in root.files}
    if again.rejudged or existing.forms:  # the format that was given for a file still holds
        forms = {**existing.forms, **{name: file.form for name, file in known.items()}}
        files = {n: f._replace(form=forms.get(n)) if f.form is None else f for n, f in files.items()}
    looks_same = _same_bytes if rehash else _same_stat
    same = [
        known[name]
        for name, file in files.items()
        if name in known and not again.every and name not in again.concerned and looks_same(known[name], file)
    ]
    unread = {file.path for file in same}
    gone = sorted(name for name in known if name not in files and any(root.holds(name) for root in roots))
    notes = [*existing.notes, *remarks, *again.notes(known), *(note for root in roots for note in root.passed_over)]
    read = [file for file in files.values() if file.name not in unread]
    anew = frozenset(f.name for f in read if again.every or (f.name in known and known[f.name].form != f.form))
    return Plan(
        roots, same, read, gone, notes, again.rejudged, fresh=base is None, history=existing.history,
        whole=known.keys() <= files.keys() | set(gone), anew=anew, concerned=again.concerned,
    ), last  # fmt: skip


def _root(path: Path, workspace: Workspace, form: str | None, known: dict[str, KnownFile]) -> sources.Root:
    """What lies below a path; nothing, where the path is gone and the base knows records from there."""
    gone = sources.Root(sources.name_of(path, workspace), (), ())
    if not path.exists():
        if any(gone.holds(name) for name in known):
            return gone
        raise KbError(
            f"{path}: no such file or folder; to drop the records of a deleted file, ingest the folder above it"
        )
    return sources.discover(path, workspace, form)


def _outermost(roots: list[sources.Root]) -> list[sources.Root]:
    """The roots that lie below no other, each once."""
    by_name = {root.name: root for root in roots}
    return [r for r in by_name.values() if not any(o.holds(r.name) for o in by_name.values() if o is not r)]


def _same_stat(known: KnownFile, file: sources.SourceFile) -> bool:
    seen = (known.size, known.modified, known.inode, known.form)
    return seen == (file.size, file.modified, file.inode, file.form)


def _same_bytes(known: KnownFile, file: sources.SourceFile) -> bool:
    if (known.size, known.form) != (file.size, file.form):
        return False
    with Path(file.path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == known.digest
