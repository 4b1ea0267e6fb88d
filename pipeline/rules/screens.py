"""Which rules may fire on a document, told from its bytes at once."""

from collections.abc import Iterable

import re2

from pipeline.rules.base import Rule


class Screens:
    """The screens of some rules as one automaton, which reads the JSON of a document."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        screened: list[str] = []
        always: list[str] = []
        options = re2.Options()
        options.never_capture = True
        options.max_mem = 64 << 20
        self._set = re2.Set.SearchSet(options)
        for rule in rules:
            if rule.screen is None:
                always.append(rule.code)
            else:
                screened.append(rule.code)
                self._set.Add(rule.screen)
        self._set.Compile()
        self._screened, self._always = screened, frozenset(always)

    def passed(self, compact: bytes) -> frozenset[str]:
        """The codes of the rules that may fire on a document, given its compact JSON."""
        found = self._set.Match(compact) or () if self._screened else ()
        return self._always.union(self._screened[i] for i in found)
