"""Which rules may fire on a document, decided from its bytes at once."""

from collections.abc import Iterable

from kb.analysis.automaton import Automaton
from kb.rules.base import Rule


class Screens:
    """The screens of some rules as one automaton, which reads the JSON of a document."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        screens = {rule.code: rule.screen for rule in rules}
        self._always = frozenset(code for code, screen in screens.items() if screen is None)
        self._screened = [code for code, screen in screens.items() if screen is not None]
        self._automaton = Automaton(screen for screen in screens.values() if screen is not None)

    def passed(self, compact: bytes) -> frozenset[str]:
        """The codes of the rules that may fire on a document, given its compact JSON."""
        return self._always.union(self._screened[number] for number in self._automaton.found(compact))
