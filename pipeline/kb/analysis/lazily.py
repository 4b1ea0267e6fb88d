"""Regular expressions that cost nothing until they are used: compiling all those of the rules takes longer than a record."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, AnyStr, cast


class _Waiting:
    """Stands for a compiled pattern, which it makes when one of its attributes is first asked for, and then keeps that."""

    def __init__(self, compiled: Callable[[], re.Pattern[Any]]) -> None:
        self._compiled = compiled

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of a pattern
        value = getattr(self._compiled(), name)
        setattr(self, name, value)  # found from now on without a call
        return value


def lazily(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """`re.compile`, put off until the pattern is used; what is wrong with it is reported then."""
    return cast("re.Pattern[AnyStr]", _Waiting(partial(re.compile, pattern, flags)))
