"""A mutant put into a process in which everything is loaded already: quicker than to load all anew.

What other modules made of this one while they were loaded stays as it was, so a mutant may seem to survive here that does
not; it never seems killed that is not. Whoever runs it here looks at survivors again in a process of their own.
"""

import functools
import types
from dataclasses import fields
from typing import Any

from kb.rules.base import Rule


def put(module: types.ModuleType, source: str) -> None:
    """Let a module, and whoever has its functions, classes and rules, do what another source says."""
    other = types.ModuleType(module.__name__)
    other.__file__ = module.__file__
    exec(compile(source, module.__file__ or "mutant", "exec", dont_inherit=True), vars(other))  # noqa: S102 - its own code
    for name, new in vars(other).items():
        old = vars(module).get(name)
        if not _put_into(old, new, module.__name__) and not name.startswith("__"):
            setattr(module, name, new)


def _put_into(old: Any, new: Any, home: str) -> bool:  # noqa: ANN401 - whatever a module holds
    """Whether one thing could be made to do what the other does, where it is."""
    if type(old) is not type(new):
        return False
    if isinstance(old, Rule):
        return _put_into_rule(old, new, home)
    if hasattr(old, "cache_clear"):
        old.cache_clear()
    if isinstance(inner := _function(old), types.FunctionType):
        return inner.__module__ != home or _put_into_function(inner, _function(new))
    if isinstance(old, type) and old.__module__ == home:
        for name, value in list(vars(new).items()):
            if not _put_into(vars(old).get(name), value, home) and not name.startswith("__"):
                setattr(old, name, value)
    return isinstance(old, type | types.ModuleType)


def _put_into_function(old: types.FunctionType, new: types.FunctionType) -> bool:
    if old.__code__.co_freevars != new.__code__.co_freevars:
        return False
    old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__
    return True


def _put_into_rule(old: Rule, new: Rule, home: str) -> bool:
    if old.run.__module__ != home:
        return True
    _put_into(old.run, new.run, home)
    for field in fields(Rule):
        if field.name != "run":
            object.__setattr__(old, field.name, getattr(new, field.name))
    return True


def _function(value: Any) -> Any:  # noqa: ANN401
    """The function in a function, a method, a property, or what caches either."""
    if isinstance(value, property):
        return value.fget
    if isinstance(value, functools.cached_property):
        return value.func
    if isinstance(value, staticmethod | classmethod):
        return value.__func__
    return getattr(value, "__wrapped__", value)
