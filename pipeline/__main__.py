"""Where `kb` starts, and `python -m pipeline` too."""

import sys


def main() -> None:
    """Run kb and exit; Ctrl-C is one line even while kb is being loaded."""
    try:
        from pipeline import cli  # noqa: PLC0415 - after the handler; workers do without
    except KeyboardInterrupt:
        if sys.stderr:  # it may be closed
            sys.stderr.write("kb: interrupted; nothing was changed\n")
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
