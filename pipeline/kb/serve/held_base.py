"""A base that is kept open between questions, and opened anew when an ingest published another one."""

import datetime as dt
from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

from kb import workspace as places
from kb.errors import KbError
from kb.jobs.look_up import Opened, opened
from kb.publish import swap
from kb.workspace import Workspace

T = TypeVar("T")


class HeldBase:
    """The base of a workspace, read-only. One question at a time."""

    def __init__(self, workspace: Workspace, as_of: dt.date | None = None) -> None:
        self._workspace = workspace
        self._given_day = as_of
        self._stack = ExitStack()
        self._opened: Opened | None = None
        self._turn: object = None

    def ask(self, work: Callable[[Opened, Workspace], T]) -> T:
        """What some work makes of the base as it is published now, with the settings that hold now.

        Raises:
            KbError: the base cannot be read, or the work says so.
        """
        is_open = self._current()
        try:
            return work(is_open, self._workspace)
        except KbError:
            raise
        except Exception:
            self._opened = None
            with self._stack.pop_all():  # which says what the disk or the store has to do with it
                raise

    def day(self) -> dt.date:
        """The day that age is counted to."""
        return self._workspace.as_of(self._given_day)

    def moment(self) -> str:
        """When something is reported.

        Raises:
            KbError: the day that is set has not come.
        """
        return self._workspace.moment(self._given_day)

    def close(self) -> None:
        """Close what is open."""
        self._opened = None
        self._stack.close()

    def _current(self) -> Opened:
        turn = swap.turn(self._workspace)
        if self._opened is None or turn != self._turn:
            self.close()
            self._workspace = places.find(self._workspace.root)
            base = self._stack.enter_context(swap.reading(self._workspace))
            self._opened = opened(base, self._workspace.scratch, self._workspace.settings.own_lines)
            self._turn = turn
        return self._opened
