"""`python -m pipeline` is `kb`."""


def main() -> None:
    """Run kb and exit."""
    from pipeline.cli import main as run  # noqa: PLC0415 - each worker imports this module, and none the command line

    run()


if __name__ == "__main__":
    main()
