"""Lines of EXPLAIN that a class adds, as values that EXPLAIN can show in each of its formats."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

from exclave.fdw.conditions import (
    And,
    AnyOf,
    ColumnReference,
    Comparison,
    Condition,
    IsNull,
    Not,
    Or,
    Parameter,
    Unrepresentable,
)
from exclave.fdw.redaction import redacted

_LARGEST = 2**63


def lines(given: Mapping[str, object]) -> list[tuple[str, object]]:
    """Give labels and values: str, bool, int that fits into 64 bits, float, or list of str.

    Values of secret options are not shown. What is None is left out.
    """
    return [
        (redacted(str(label)), _shown(value)) for label, value in given.items() if value is not None
    ]


def conditions(given: Sequence[Condition | None]) -> list[tuple[str, object]]:
    """Give the line of the conditions that a class is told of; those that it has exactly too."""
    if not given:
        return []
    parts = ["NULL" if each is None else _condition(each) for each in given]
    return [("Python Conditions", redacted(" AND ".join(parts)))]


def _condition(condition: Condition) -> str:
    match condition:
        case Comparison(column, operator, value):
            return f"({column} {operator} {_value(value)})"
        case AnyOf(column, operator, values, every):
            return f"({column} {operator} {'ALL' if every else 'ANY'} {_values(values)})"
        case IsNull(column, negated):
            return f"({column} IS {'NOT ' if negated else ''}NULL)"
        case And(parts):
            return f"({' AND '.join(map(_condition, parts))})"
        case Or(parts):
            return f"({' OR '.join(map(_condition, parts))})"
        case Not(part):
            return f"(NOT {_condition(part)})"


def _values(values: object) -> str:
    if isinstance(values, Parameter):
        return f"({_value(values)})"
    return f"({', '.join(map(_value, cast('tuple[object, ...]', values)))})"


def _value(value: object) -> str:
    match value:
        case Parameter(number):
            return f"${number}"
        case Unrepresentable(_, text):
            return f"'{text}'"
        case ColumnReference(column):
            return column
        case bool():
            return str(value).lower()
        case int() | float() | Decimal():
            return str(value)
        case list():
            return f"{{{','.join(map(_value, cast('list[object]', value)))}}}"
        case _:
            quoted = str(value).replace("'", "''")
            return f"'{quoted}'"


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and -_LARGEST <= value < _LARGEST:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(str(each)) for each in cast("list[object]", value)]
    return redacted(str(value)).replace("\0", "\N{REPLACEMENT CHARACTER}")
