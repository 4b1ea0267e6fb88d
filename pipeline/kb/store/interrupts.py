"""Ctrl-C while DuckDB works. Python reports a signal when a call returns, and a query may take hours: it is stopped."""

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_STOPPING = frozenset(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

_AGAIN = 0.05
"""Seconds between one attempt and the next: a query that has not begun yet cannot be stopped."""


class Stoppable(Protocol):
    """A connection to a database."""

    def interrupt(self) -> None:
        """Stop what it does."""


@contextmanager
def stopped_by_signals(connection: Stoppable) -> Iterator[None]:
    """Stop whatever a connection does when a signal asks the process to stop; the handler of the signal runs after that.

    Signals are the main thread's business: of a connection of another thread nothing is stopped. Nor is it on Windows, where
    Ctrl-C waits for the end of the query.
    """
    if os.name == "nt" or threading.current_thread() is not threading.main_thread():
        yield
        return
    signals, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    listener = threading.Thread(target=_stop, args=(signals, connection), daemon=True)
    listener.start()
    before = signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(wakeup)
        listener.join()
        os.close(signals)


def _stop(signals: int, connection: Stoppable) -> None:
    """Wait for the number of a signal that stops a process; then stop the connection until the other end is closed."""
    while numbers := os.read(signals, 64):
        if _STOPPING.intersection(numbers):
            break
    while numbers:
        connection.interrupt()
        if select.select([signals], [], [], _AGAIN)[0]:
            numbers = os.read(signals, 64)
