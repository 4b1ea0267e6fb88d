"""What a user, a file or a disk can cause: each is one line that says what to do."""


class KbError(Exception):
    """What a user, a file or a disk can cause: one line that says what to do."""

    exit_code = 2


class GateError(KbError):
    """The published tables would not keep their contracts."""

    exit_code = 1


class StoppedError(KbError):
    """A person stopped kb when it may have changed something already: what that is."""

    exit_code = 130

    def __init__(self, left: str) -> None:
        super().__init__(f"interrupted; {left}")
