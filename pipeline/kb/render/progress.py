"""What goes on, on a terminal, for what takes more than a second."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

_PATIENCE = 1.0


class Progress(NamedTuple):
    """What to call: `tick` when so many records are finished, `step` when the next step begins."""

    tick: Callable[[int], None]
    step: Callable[[str], None]


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """After a second, a line on stderr says which step it is, how many records are finished, and for how long it has run."""
    if not sys.stderr.isatty():
        yield Progress(lambda _: None, lambda _: None)
        return
    from rich import progress as rich  # noqa: PLC0415 - only a terminal needs it
    from rich.console import Console  # noqa: PLC0415 - likewise

    bar = rich.Progress(
        rich.SpinnerColumn(),
        rich.TextColumn("{task.description}"),
        rich.TextColumn("{task.completed:,.0f} records"),
        rich.TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(what, total=None)
    started = time.monotonic()

    def show() -> None:
        if not bar.live.is_started and time.monotonic() - started > _PATIENCE:
            bar.start()

    def tick(records: int) -> None:
        bar.advance(task, records)
        show()

    def step(name: str) -> None:
        bar.update(task, description=name)
        show()

    try:
        yield Progress(tick, step)
    finally:
        bar.stop()
