"""The files that an ingest reads: which of their records have to be judged, and what became of the others."""

from collections import defaultdict
from collections.abc import Container, Iterator

from kb import sources
from kb.model import Incoming
from kb.planning.plan import Plan
from kb.store import KnownFile
from kb.store.build import Draft, Moved


class Reread:
    """What was found in the files of a plan; known once all that is `incoming` was taken.

    Inputs of the base that are `dropped`, as path and position, and those that only `moved`; the files `seen`, as they are
    now; the `alien` ones, of which no record looks like the format given for all; and what there is to note.
    """

    def __init__(self, plan: Plan) -> None:
        self.moved: list[Moved] = []
        self.dropped: list[tuple[str, int]] = []
        self.seen: list[KnownFile] = []
        self.alien: list[str] = []
        self.notes: list[str] = []
        self.plan = plan
        self._roots = {file.name: root.name for root in plan.roots for file in root.files}

    def incoming(self, draft: Draft) -> Iterator[Incoming]:
        """The records that have to be judged, file by file."""
        known_files = draft.known_files()
        for file in self.plan.read:
            yield from self._of_file(file, draft, known_files)

    def _of_file(self, file: sources.SourceFile, draft: Draft, known_files: Container[str]) -> Iterator[Incoming]:
        known = defaultdict(list)
        concerned = self.plan.concerned.get(file.name, ())
        self.dropped += concerned
        for path, digest, position, line in draft.inputs_of(file.name) if file.name in known_files else ():
            if (path, position) not in concerned:
                known[path, digest, line is not None].append((position, line))
        for incoming in sources.read(file, lambda reading: self._finish(file, reading)):
            path, position, line, digest = incoming.origin
            places = None if file.name in self.plan.anew else known.get((path, digest, line is not None))
            if not places:
                yield incoming
                continue
            was, was_line = places.pop(0)
            if (was, was_line) != (position, line):
                self.moved.append(Moved(path, was, position, line))
        self.dropped += [(path, position) for (path, _, _), places in known.items() for position, _ in places]

    def _finish(self, file: sources.SourceFile, reading: sources.Reading) -> None:
        self.seen.append(
            KnownFile(
                file.name, self._roots[file.name], file.size, file.modified, file.inode, file.form, reading.digest,
                reading.records,
            )
        )  # fmt: skip
        if reading.note:
            self.notes.append(reading.note)
        if reading.alien:
            self.alien.append(file.name)

    def misread(self, form: str | None) -> list[str]:
        """In which files no record looks like the format given for all."""
        return [sources.misread(self.alien, form)] if form and self.alien else []
