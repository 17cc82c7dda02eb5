"""Placeholders of drivers, made into PostgreSQL's ``$1``, with a way back to the places."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Style = Literal["pyformat", "native"]
"""How a text is written: ``pyformat`` with ``%s``, ``%(name)s`` and ``%%``, as psycopg and
psycopg2 take it when they are given parameters; ``native`` as PostgreSQL does, with ``$1`` or
without parameters."""

Parameters = Sequence[Any] | Mapping[str, Any]
"""The values of a statement's placeholders, in their order or by their names."""

_PLACEHOLDER = re.compile(r"%(?:(?P<percent>%)|\((?P<name>[^)]+)\)[sbt]|[sbt])")
_IN = re.compile(r"\bIN\s*\Z", re.IGNORECASE)
_WORD = re.compile(r"[\w$]")


@dataclass(frozen=True, slots=True)
class NativeText:
    """A statement as PostgreSQL takes it, and where its pieces stand in what was written.

    Parameters
    ----------
    text
        The statement.
    keys
        What ``$1``, ``$2`` … are: the name of a parameter, or its index.
    style
        How it was written.
    places
        Where a piece begins that is in both texts: a position here, and the one there.
    """

    text: str
    keys: tuple[str | int, ...]
    style: Style
    places: tuple[tuple[int, int], ...] = ((0, 0),)

    def written(self, position: int) -> int:
        """Give the position in what was written for one in `text`, outside of placeholders."""
        index = bisect_right(self.places, position, key=lambda place: place[0]) - 1
        here, there = self.places[index]
        return there + position - here

    def spelled(self, sql: str) -> str:
        """Give a piece of SQL without placeholders as it has to be written in this style."""
        return sql.replace("%", "%%") if self.style == "pyformat" else sql

    def value(self, number: int, parameters: Parameters | None) -> Any:
        """Give the value of the placeholder ``$number``; `None` when there is none."""
        key = self.keys[number - 1] if number <= len(self.keys) else number - 1
        match parameters, key:
            case Mapping(), _:
                return parameters.get(key)  # type: ignore[arg-type]
            case Sequence(), int() if key < len(parameters):
                return parameters[key]
            case _:
                return None


def native(sql: str, style: Style) -> NativeText:
    """Make a text one that PostgreSQL's grammar takes.

    As the drivers do it, placeholders count wherever they stand, also in constants and comments.
    A name that stands in several places is one parameter.

    Parameters
    ----------
    sql
        The text as it is handed to a driver.
    style
        How it is written.
    """
    if style == "native" or "%" not in sql:
        return NativeText(sql, (), style)
    numbers: dict[str | int, int] = {}
    pieces: list[str] = []
    places = [(0, 0)]
    length = end = 0
    for match in _PLACEHOLDER.finditer(sql):
        before = sql[end : match.start()]
        if match["percent"]:
            placeholder = "%"
        else:
            key = match["name"] or len(numbers)
            placeholder = f"${numbers.setdefault(key, len(numbers) + 1)}"
            if _IN.search(before):
                placeholder = f"({placeholder})"  # psycopg2 makes a list of a tuple
            if _WORD.match(before[-1:]):
                placeholder = f" {placeholder}"
            if _WORD.match(sql, match.end()):
                placeholder += " "
        pieces += [before, placeholder]
        length += len(before) + len(placeholder)
        end = match.end()
        places.append((length, end))
    pieces.append(sql[end:])
    return NativeText("".join(pieces), tuple(numbers), style, tuple(places))
