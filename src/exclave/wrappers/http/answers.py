"""Answers in JSON: where the rows are, and their values as PostgreSQL reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, cast

from exclave.fdw import Column, WrapperError
from exclave.wrappers.http.options import ColumnOptions
from exclave.wrappers.http.values import reader


def parse(text: bytes, url: str) -> Any:
    """Read JSON; numbers keep all their digits."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise WrapperError(f"{url} did not answer with JSON", sqlstate="HV00B") from None


def _refuse(name: str) -> Any:
    raise ValueError(name)


def steps(path: str) -> tuple[str, ...]:
    """Split ``data.items``, or ``/data/items`` where names have dots (RFC 6901)."""
    if path.startswith("/"):
        return tuple(
            part.replace("~1", "/").replace("~0", "~") for part in path.removeprefix("/").split("/")
        )
    return tuple(path.split(".")) if path else ()


def at(value: Any, path: Sequence[str]) -> Any:
    """Give what is at a path; None where there is nothing."""
    for step in path:
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(step)
        elif isinstance(value, list) and step.isdecimal():
            items = cast("list[Any]", value)
            value = items[int(step)] if int(step) < len(items) else None
        else:
            return None
    return value


def rows(answer: Any, path: str, url: str) -> list[Any]:
    """Give the rows of an answer; an object alone is one row, null is none."""
    found = at(answer, steps(path))
    if found is None:
        return []
    if isinstance(found, dict):
        return [found]
    if isinstance(found, list):
        return cast("list[Any]", found)
    raise WrapperError(
        f'{url} has no list of rows at "{path}"',
        sqlstate="HV00B",
        hint="The table's option rows says where they are.",
    )


def picker(columns: Sequence[Column], wanted: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Give what makes a tuple of a row: the values of the columns that are wanted."""
    by_name = {column.name: column for column in columns}
    places: list[tuple[tuple[str, ...], Callable[[Any], Any]]] = []
    for name in wanted:
        options = by_name[name].options
        assert isinstance(options, ColumnOptions)
        path = steps(options.path) if options.path else (name,)
        places.append((path, reader(by_name[name].type)))

    def pick(row: Any) -> tuple[Any, ...]:
        return tuple([read(at(row, path)) for path, read in places])

    return pick
