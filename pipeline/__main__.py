"""`python -m pipeline` is `kb`."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
