"""The files that an ingest reads: which of their records have to be judged, and what became of the others."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from functools import cached_property

from kb import sources
from kb.model import Incoming, Origin
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
        concerned = self.plan.concerned.get(file.name, ())
        self.dropped += concerned
        inputs = draft.inputs_of(file.name) if file.name in known_files else ()
        known = _Known(origin for origin in inputs if (origin.path, origin.position) not in concerned)
        is_known = None if file.name in self.plan.anew else known.holds
        for incoming in sources.read(file, lambda reading: self._finish(file, reading), is_known):
            was = known.elsewhere(incoming.origin) if is_known else None
            if was is None:
                yield incoming
            else:
                path, position, line, _ = incoming.origin
                self.moved.append(Moved(path, was, position, line))
        self.dropped += known.left()

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


class _Known:
    """What a file held, each input once: it is at its place still, or elsewhere in the file, or left in the end."""

    def __init__(self, origins: Iterable[Origin]) -> None:
        self._origins = set(origins)

    @cached_property
    def _alike(self) -> dict[tuple[str, str, bool], list[Origin]]:
        """What is not found at its place yet, by its bytes, the last first."""
        alike = defaultdict(list)
        for origin in self._origins:
            alike[_bytes_of(origin)].append(origin)
        for origins in alike.values():
            origins.sort(reverse=True)
        return alike

    def holds(self, origin: Origin) -> bool:
        """Whether it is at its place still, as nearly all are."""
        if origin not in self._origins:
            return False
        self._origins.remove(origin)
        return True

    def elsewhere(self, origin: Origin) -> int | None:
        """The position that an input with these bytes had, the first of them."""
        alike = self._alike.get(_bytes_of(origin), [])
        while alike:
            one = alike.pop()
            if one in self._origins:
                self._origins.remove(one)
                return one.position
        return None

    def left(self) -> list[tuple[str, int]]:
        """Path and position of what is not there any more."""
        return sorted((origin.path, origin.position) for origin in self._origins)


def _bytes_of(origin: Origin) -> tuple[str, str, bool]:
    return origin.path, origin.digest, origin.line is not None
