"""Python values as the text that PostgreSQL's input functions read."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import cast
from uuid import UUID

from exclave.fdw.conditions import Unrepresentable
from exclave.fdw.failure import WrapperError

_PLAIN = (
    Decimal, UUID, int, float, datetime.date, datetime.time, datetime.datetime,
)  # fmt: skip


def literal(value: object, column: str) -> str:
    """Write a value that is neither None nor text for the input function of its column's type.

    Raises
    ------
    WrapperError
        If there is no one way to write a value of this type.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _PLAIN):
        return str(value)
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, list):
        return _array(cast("list[object]", value), column)
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, Unrepresentable):
        return value.text
    if isinstance(value, datetime.timedelta):
        return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
    raise WrapperError(
        f'column "{column}": values of type {type(value).__qualname__} are not supported',
        sqlstate="HV004",
        hint="Give text that PostgreSQL reads as the declared type.",
    )


def json_text(value: object, column: str) -> str:
    """Write a value that is neither None nor text as JSON.

    Raises
    ------
    WrapperError
        If it is not made of dict, list, str, int, float, bool and None, or not finite.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise WrapperError(f'column "{column}": {error}', sqlstate="HV004") from error


def _array(values: list[object], column: str) -> str:
    return "{" + ",".join(_element(value, column) for value in values) + "}"


def _element(value: object, column: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return _array(cast("list[object]", value), column)
    text = value if isinstance(value, str) else literal(value, column)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
