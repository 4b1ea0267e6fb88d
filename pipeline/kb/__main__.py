"""Where `kb` starts, and `python -m kb` too."""

import gc
import os
import sys
from contextlib import suppress

from kb import __version__

_SIGNAL = 128
"""Exit codes beyond it tell the signal that ended a process."""

_RARELY = (50_000, 20, 20)
"""How often Python looks for what only refers to itself: a run makes many objects that stay, and next to none of that kind."""


def main() -> None:
    """Run kb and exit; Ctrl-C is one line even while kb is being loaded."""
    if sys.argv[1:] == ["--version"] and sys.stdout:  # scripts ask it; the command line takes six times as long to load
        with suppress(OSError):  # said below, where it is said for all commands
            sys.stdout.write(f"kb {__version__}\n")
            sys.stdout.flush()
            return
    gc.set_threshold(*_RARELY)
    try:
        from kb.cli import app  # noqa: PLC0415 - after the handler; workers do without
    except KeyboardInterrupt:
        if sys.stderr:  # it may be closed
            sys.stderr.write("kb: interrupted; nothing was changed\n")
        sys.exit(130)
    try:
        app.main()
    except SystemExit as leaving:
        if isinstance(leaving.code, int) and leaving.code > _SIGNAL:
            os._exit(
                leaving.code
            )  # a library that was interrupted in the midst of Python can make it leave with another
        raise


if __name__ == "__main__":
    main()
