"""Values of JSON, as PostgreSQL reads them for a column's type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, cast

_JSON = frozenset({"json", "jsonb"})


def reader(kind: str) -> Callable[[Any], Any]:
    """Give what makes a value for a column of a type of one of JSON.

    Numbers and texts that stand for a value of the type become one, as APIs write ``12``, ``12.0``
    and ``"12"`` alike; what does not is given as it is, for the host to refuse.
    """
    if kind in _JSON:
        return lambda value: None if value is None else text_of(value)
    if kind.endswith("[]"):
        return _list_reader(reader(kind.rstrip("[]")))
    return _READERS.get(kind.partition("(")[0], _plain)


def _list_reader(element: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, list):
            return [read_element(each) for each in cast("list[Any]", value)]
        return _plain(value)

    def read_element(value: Any) -> Any:
        return read(value) if isinstance(value, list) else element(value)

    return read


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | Decimal):
        return value
    return text_of(value)


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else text_of(value)


def _integer(value: Any) -> Any:
    try:
        if isinstance(value, Decimal):
            return int(value) if value.adjusted() < 20 and value == int(value) else value
        return int(value) if isinstance(value, str) else _plain(value)
    except ValueError:
        return value


def _float(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return _plain(value)
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return value
    return value if isinstance(value, Decimal) and read in _INFINITE else read


def _boolean(value: Any) -> Any:
    known = isinstance(value, str | int) and not isinstance(value, bool)
    return _BOOLEANS.get(str(value).lower(), value) if known else _plain(value)


_INFINITE = frozenset({float("inf"), float("-inf")})
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}

_READERS: Mapping[str, Callable[[Any], Any]] = {
    "text": _text,
    "character varying": _text,
    "character": _text,
    "smallint": _integer,
    "integer": _integer,
    "bigint": _integer,
    "real": _float,
    "double precision": _float,
    "boolean": _boolean,
}


def text_of(value: Any) -> str:
    """Write JSON, with all digits of numbers."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value).items()
        return "{" + ",".join(f"{json.dumps(key)}:{text_of(each)}" for key, each in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(text_of(each) for each in cast("list[Any]", value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)
