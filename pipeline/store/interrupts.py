"""Ctrl-C while DuckDB works. Python tells of a signal when a call returns, and a query may take hours to: it is stopped."""

import signal
import socket
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
    """Stop whatever a connection does when the process is told to stop; the handler of the signal runs after that.

    Signals are the main thread's business: of a connection of another thread nothing is stopped.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard, told = socket.socketpair()
    told.setblocking(False)  # noqa: FBT003 - as set_wakeup_fd asks
    listener = threading.Thread(target=_stop, args=(heard, connection), daemon=True)
    listener.start()
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        told.close()
        listener.join()
        heard.close()


def _stop(heard: socket.socket, connection: Stoppable) -> None:
    """Wait for the number of a signal that stops a process; then stop the connection until the other end is closed."""
    while numbers := heard.recv(64):
        if _STOPPING.intersection(numbers):
            break
    heard.settimeout(_AGAIN)
    while numbers:
        connection.interrupt()
        try:
            numbers = heard.recv(64)
        except TimeoutError:
            continue
