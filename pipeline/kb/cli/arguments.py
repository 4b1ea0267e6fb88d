"""How words of the command line become values.

Typer leaves that to pydantic, which takes longer to import than a small command takes to run. The few kinds of parameter
that kb has are converted here; one of any other kind is left to Typer.
"""

import copy
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

from typer import BadParameter, Typer
from typer.core import TyperGroup
from typer.models import CommandInfo

from kb.cli.lists import fill
from kb.words import brief


class Group(TyperGroup):
    """The program: its own options and those of its commands are converted here."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - Typer's context and parameters have no public type
        params = super().get_params(ctx)
        _equip(params)
        return params

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - likewise
        command = super().get_command(ctx, cmd_name)
        _equip(command.get_params(ctx) if command else ())
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - likewise
        name, command, rest = super().resolve_command(ctx, args)
        if command:
            fill(command, ctx.params.get("root"))
        return name, command, rest


def narrowed(program: Typer, words: Sequence[str]) -> Typer:
    """The program with only the command that the first word names; the whole program where it names none.

    Typer makes every command ready before it looks which one is asked for, which takes a tenth of a short run.
    """
    named = [one for one in program.registered_commands if words and words[0] == _name(one)]
    if len(named) != 1:
        return program
    one = copy.copy(program)
    one.registered_commands = named
    return one


def _name(command: CommandInfo) -> str:
    return command.name or (command.callback.__name__ if command.callback else "")


class _Converter(NamedTuple):
    """What Typer asks of the converter of a parameter."""

    convert: Callable[[str], Any]

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ANN401 - a word, words, or the default
        del ctx
        many = param.multiple or param.nargs == -1
        if value is None:
            return () if many else None
        return tuple(map(self.convert, value)) if many else self.convert(value)


def _equip(params: Iterable[Any]) -> None:
    for param in params:
        kind = getattr(param, "type_descriptor", None)
        convert = kind and _conversion(kind.annotation, kind.parameter_info)
        if convert:
            # Typer makes a converter when it finds none here; should it look elsewhere one day, only time is lost
            param._runtime_param = _Converter(convert)  # noqa: SLF001
        if param.param_type_name == "argument":
            param.display_type = lambda ctx: None  # noqa: ARG005 - its name says what it is; a type of Python says nothing


def _conversion(annotation: Any, declared: Any) -> Callable[[str], Any] | None:  # noqa: ANN401 - a type; a ParameterInfo
    kind = get_args(annotation)[0] if get_origin(annotation) is list else annotation
    if declared.parser:
        parser: Callable[[str], Any] = declared.parser
        return lambda value: parser(_text(value) if isinstance(value, str) else value)
    if kind in {int, float}:
        return lambda value: _number(value, kind, declared.min, MOST if declared.max is None else declared.max)
    plain: dict[Any, Callable[[str], Any]] = {str: _text, Path: _path, bool: bool}
    more_is_asked = declared.envvar or declared.exists or declared.resolve_path or declared.allow_dash
    return None if more_is_asked else plain.get(kind)


MOST = 2**31 - 1
"""The highest number that is taken where no other is declared: what counts rows or days reckons with it."""


def _text(value: str) -> str:
    """A word as it was typed; bytes that are no UTF-8 reach Python as lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadParameter(f"{brief(ascii(value))} is not valid UTF-8; write it as that") from None
    return value


def _path(value: str | Path) -> Path:
    """A path; an empty one, as of a variable that is not set, would mean the current folder and all below it."""
    if value == "":
        raise BadParameter("an empty path; name a file or a folder, or leave it out")
    return Path(_text(value)) if isinstance(value, str) else value


def _number(value: str | float, kind: type[int] | type[float], least: float | None, most: float) -> float:
    try:
        number = kind(value)
    except ValueError:
        typed, what = brief(repr(value), 60), "whole number" if kind is int else "number"
        raise BadParameter(f"{typed} is no {what}; write one such as {max(least or 0, 1)}") from None
    if least is not None and number < least:
        raise BadParameter(f"{brief(str(number), 60)} is too low; write {least} or more")
    if not number <= most:  # NaN is not
        raise BadParameter(f"{brief(str(number), 60)} is too high; write {most} or less")
    return number
