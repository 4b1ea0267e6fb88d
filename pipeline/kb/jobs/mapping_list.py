"""`kb formats`: the formats that a workspace knows."""

from collections.abc import Iterator
from typing import Any

from kb.model import Table
from kb.sources.formats import NATIVE, Formats
from kb.sources.formats.declaration import TREES
from kb.workspace import Workspace

COLUMNS = ("name", "title", "reads", "files", "kind", "origin")


def listed(workspace: Workspace) -> Table:
    """Every format, the native one first: what its files are, whether it is mapped in both directions, where it comes from.

    Raises:
        KbError: a mapping of the workspace says what it cannot.
    """
    return Table(COLUMNS, list(_rows(Formats(workspace.format_files()))))


def _rows(formats: Formats) -> Iterator[tuple[Any, ...]]:
    yield NATIVE, "kb's own records (`kb schema record.incoming`)", sorted(TREES), [], NATIVE, "kb"
    for name in formats.foreign:
        form = formats.get(name)
        if form is not None:
            kind = "two-way" if form.two_way else "computed"
            yield name, form.title, sorted(form.reads), list(form.globs), kind, form.origin


def in_words(table: Table) -> Table:
    """The like for people: lists as words."""
    return Table(table.columns, [tuple(", ".join(x) if isinstance(x, list) else x for x in row) for row in table.rows])


def names(workspace: Workspace) -> tuple[str, ...]:
    """The names of all formats."""
    return Formats(workspace.format_files()).names
