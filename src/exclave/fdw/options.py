"""Options of a wrapper, a server, a user mapping, a table or a column, as typed classes."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from exclave.errors import ExclaveError

Level = Literal["wrapper", "server", "mapping", "table", "column"]

_TRUE = {"true", "on", "yes", "1"}
_FALSE = {"false", "off", "no", "0"}


class OptionError(ExclaveError, ValueError):
    """An option is unknown, missing, or has a value that its type does not take.

    Parameters
    ----------
    message
        What was expected and what was found.
    sqlstate
        The SQLSTATE that PostgreSQL reports; one of class HV, "Foreign Data Wrapper Error".
    hint
        What to do next.
    """

    def __init__(self, message: str, *, sqlstate: str = "HV00D", hint: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.hint = hint


@dataclass(frozen=True)
class Option:
    """One option that a class of options declares."""

    name: str
    read: Callable[[str], Any]
    wanted: str
    required: bool
    default: Any


class Options:
    """The options of one level: a subclass has an annotated attribute for each.

    ``str``, ``int``, ``float``, ``bool`` and ``Literal[...]`` are understood, each also with
    ``| None``. An option without a default must be given.

    Examples
    --------
    >>> class TableOptions(Options):
    ...     table_name: str
    ...     fetch_size: int = 1000
    >>> TableOptions.parse({"table_name": "players"}).fetch_size
    1000
    """

    declared: ClassVar[dict[str, Option]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        hints = typing.get_type_hints(cls)
        cls.declared = {
            name: _option(cls, name, kind)
            for name, kind in hints.items()
            if typing.get_origin(kind) is not ClassVar
        }

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} of {', '.join(self.declared) or 'no options'}>"

    @classmethod
    def parse(cls, options: Mapping[str, str], level: Level = "table") -> Self:
        """Check options as PostgreSQL keeps them, and read them.

        Parameters
        ----------
        options
            Name and text of each.
        level
            Of what they are the options, for messages.

        Raises
        ------
        OptionError
            If one is unknown, missing or has a value that its type does not take. No message
            holds a value, which may be a secret.
        """
        made = cls()
        for name in options:
            if name not in cls.declared:
                raise _unknown(name, level, list(cls.declared))
        for name, option in cls.declared.items():
            if name in options:
                setattr(made, name, _read(option, options[name], level))
            elif option.required:
                raise OptionError(
                    f'the option "{name}" of the {level} is missing',
                    sqlstate="HV002",
                    hint=f"It takes {option.wanted}.",
                )
            else:
                setattr(made, name, option.default)
        return made


class NoOptions(Options):
    """A level that takes no options."""


def _unknown(name: str, level: Level, known: list[str]) -> OptionError:
    close = difflib.get_close_matches(name, known, 1)
    if close:
        hint = f'Perhaps you meant the option "{close[0]}".'
    elif known:
        hint = f"Valid options in this context are: {', '.join(known)}."
    else:
        hint = "There are no valid options in this context."
    return OptionError(f'invalid option "{name}" of a {level}', hint=hint)


def _read(option: Option, text: str, level: Level) -> Any:
    try:
        return option.read(text)
    except ValueError:
        raise OptionError(
            f'the option "{option.name}" of the {level} has a wrong value',
            sqlstate="HV024",
            hint=f"It takes {option.wanted}.",
        ) from None


def _option(cls: type[Options], name: str, kind: Any) -> Option:
    members = [kind]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        members = [member for member in typing.get_args(kind) if member is not type(None)]
    if len(members) != 1:
        raise TypeError(f"{cls.__qualname__}.{name}: expected one type, found {kind}")
    read, wanted = _reader(cls, name, members[0])
    required = not hasattr(cls, name) and members == [kind]
    return Option(name, read, wanted, required, getattr(cls, name, None))


def _reader(cls: type[Options], name: str, kind: Any) -> tuple[Callable[[str], Any], str]:
    if kind is str:
        return str, "text"
    if kind is int:
        return int, "an integer"
    if kind is float:
        return float, "a number"
    if kind is bool:
        return _boolean, "true or false"
    if typing.get_origin(kind) is Literal:
        values: tuple[str, ...] = typing.get_args(kind)
        return lambda text: _one_of(values, text), f"one of {', '.join(values)}"
    raise TypeError(
        f"{cls.__qualname__}.{name}: expected str, int, float, bool or Literal, found {kind}"
    )


def _boolean(text: str) -> bool:
    lower = text.lower()
    if lower not in _TRUE | _FALSE:
        raise ValueError
    return lower in _TRUE


def _one_of(values: tuple[str, ...], text: str) -> str:
    if text not in values:
        raise ValueError
    return text
