"""Which calls of a function a query asks for: its arguments, from conditions with ``=`` and IN."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from exclave.fdw import (
    And,
    AnyOf,
    ColumnReference,
    Comparison,
    Condition,
    Unrepresentable,
    WrapperError,
)
from exclave.wrappers.python.registry import TableFunction

_NAN = object()
"""Stands for all of them, which are equal in PostgreSQL."""


def is_given(condition: Condition, name: str) -> bool:
    """Tell whether a condition says which values a column has; another column does not."""
    if isinstance(getattr(condition, "value", None), ColumnReference):
        return False
    if isinstance(condition, Comparison | AnyOf) and condition.column == name:
        return condition.operator == "=" and not getattr(condition, "every", False)
    return False


def missing(function: TableFunction, conditions: Sequence[Condition]) -> tuple[str, ...]:
    """Name the arguments without a default that no condition gives a value."""
    known = _known(conditions)
    return tuple(
        name
        for name in function.required
        if not any(is_given(condition, name) for condition in known)
    )


def _known(conditions: Sequence[Condition]) -> list[Condition]:
    """Take AND apart, which IS TRUE is told as, and add what columns have as others have it."""
    known = [part for each in conditions for part in _parts(each)]
    same = [
        (each.column, each.value.column)
        for each in known
        if isinstance(each, Comparison)
        and each.operator == "="
        and isinstance(each.value, ColumnReference)
    ]
    for _ in same:  # as a = b, b = c leads from c to a
        for one, other in [*same, *((other, one) for one, other in same)]:
            for each in [each for each in known if is_given(each, other)]:
                found = replace(cast("Comparison | AnyOf", each), column=one)
                known += [] if found in known else [found]
    return known


def _parts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, And):
        for each in condition.conditions:
            yield from _parts(each)
    else:
        yield condition


def calls(
    function: TableFunction, conditions: Sequence[Condition], types: Mapping[str, str] = {}
) -> Iterator[dict[str, Any]]:
    """Give the arguments of each call that is needed: one for each combination of values.

    Parameters
    ----------
    types
        Of the table's columns, by name: they decide which values are equal.

    Raises
    ------
    WrapperError
        If an argument has no value, or one that Python has not.
    """
    absent = missing(function, conditions)
    if absent:
        raise WrapperError(
            f"the function {function.name} needs a value of {', '.join(absent)}",
            sqlstate="HV00L",
            hint=f"Write WHERE {' AND '.join(f'{name} = …' for name in absent)}.",
        )
    known = _known(conditions)
    choices = [_values(function, name, known, types.get(name, "")) for name in function.arguments]
    for values in itertools.product(*choices):
        yield dict(zip(function.arguments, values, strict=True))


def _values(
    function: TableFunction, name: str, conditions: Sequence[Condition], kind: str
) -> list[Any]:
    given = [condition for condition in conditions if is_given(condition, name)]
    if not given:
        return [function.parameters[name].default]
    fewest = min((_listed(condition) for condition in given), key=len)
    for value in fewest:
        if isinstance(value, Unrepresentable):
            raise WrapperError(
                f"the {value.type} {value.text} cannot be given to the function {function.name}",
                sqlstate="22023",
            )
    return _distinct([value for value in fewest if value is not None], kind)


def _listed(condition: Condition) -> Sequence[Any]:
    if isinstance(condition, AnyOf):
        return cast("Sequence[Any]", condition.values)
    return [cast("Comparison", condition).value]


def _distinct(values: list[Any], kind: str) -> list[Any]:
    """Leave out what PostgreSQL calls equal to one before: IN ('a', 'a') gives each row once."""
    blanks = kind.startswith(("character(", "bpchar"))
    found: dict[Any, Any] = {}
    for value in values:
        found.setdefault(_key(value, blanks), value)
    return list(found.values())


def _key(value: Any, blanks: bool) -> Any:
    """Give what is the same for values that are equal; `blanks` at the end do not always count."""
    if isinstance(value, list):
        return tuple([_key(each, blanks) for each in cast("list[Any]", value)])
    if value != value:
        return _NAN
    return value.rstrip(" ") if blanks and isinstance(value, str) else value
