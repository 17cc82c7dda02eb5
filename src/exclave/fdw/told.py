"""What the host tells of conditions, and what it is told of plans: tuples on C's side."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from exclave.fdw.conditions import And, AnyOf, Comparison, Condition, IsNull, Not, Or, Parameter
from exclave.fdw.scanning import ScanPlan, ScanRequest
from exclave.fdw.table import Table
from exclave.fdw.wrapper import WrapperError

_PROMISES = (("sorted", "sort", 1), ("limited", "limit", 2), ("aggregated", "aggregate", 4))
_MAY = 8  # by which the flag of a promise is multiplied, if the class may be asked for it

Told = tuple[Any, ...]


def conditions(told: Sequence[Told]) -> list[Condition | None]:
    """Make conditions of tuples; None where one cannot hold for any row, because of a NULL."""
    made = (_condition(each, holds=True) for each in told)
    return [None if isinstance(each, bool) else each for each in made]


def possible(told: Sequence[Told]) -> tuple[Condition, ...]:
    """Make those conditions that can hold for a row."""
    return tuple(condition for condition in conditions(told) if condition is not None)


def _condition(told: Told, holds: bool) -> Condition | bool:
    """Make one condition.

    Whether a row is wanted only depends on whether all conditions are true, not on whether they
    are false or NULL. So NULL becomes False, or, below an odd number of NOT, True (`holds` says
    which), and then goes away.
    """
    kind, *rest = told
    match kind:
        case "comparison":
            column, operator, value, collation = rest
            return not holds if value is None else Comparison(column, operator, value, collation)
        case "any":
            return _any_of(*rest, holds=holds)
        case "null":
            return IsNull(*rest)
        case "not":
            inner = _condition(rest[0][0], not holds)
            return not inner if isinstance(inner, bool) else Not(inner)
        case _:
            return _several(kind == "and", [_condition(part, holds) for part in rest[0]])


def _any_of(
    column: str,
    operator: str,
    values: Any,
    every: bool,
    collation: str | None,
    *,
    holds: bool,
) -> Condition | bool:
    if isinstance(values, Parameter):
        return AnyOf(column, operator, values, every, collation)
    if values is None:
        return not holds
    known = tuple(value for value in values if value is not None)
    if len(known) < len(values) and every == holds:
        return not holds  # NOT IN with a NULL is never true, IN with a NULL never false
    return AnyOf(column, operator, known, every, collation)


def _several(all_of_them: bool, parts: list[Condition | bool]) -> Condition | bool:
    """Give AND or OR of parts, of which those that decide nothing are left out."""
    left: list[Condition] = []
    for part in parts:
        if not isinstance(part, bool):
            left.append(part)
        elif part is not all_of_them:
            return part
    if not left:
        return all_of_them
    return And(tuple(left)) if all_of_them else Or(tuple(left))


def answer(
    plan: ScanPlan,
    table: Table,
    request: ScanRequest,
    asked: Sequence[Condition | None],
    pushdown: frozenset[str],
) -> tuple[Any, ...]:
    """Give C what a class planned: JSON, rows, width, costs, exact conditions, flags, lookups.

    Parameters
    ----------
    asked
        All conditions that C told of; those that are None are not in the request.
    pushdown
        What the class may be asked for besides.

    Raises
    ------
    WrapperError
        If the class promises what it was not asked for, or estimates what is no number.
    """
    return (
        kept(plan),
        estimated_rows(plan),
        -1.0 if plan.total is None else _estimate("total", plan.total),
        int(plan.width),
        _estimate("startup_cost", plan.startup_cost),
        _estimate("cost", plan.cost),
        tuple(_position(condition, asked) for condition in plan.exact),
        _promised(plan, request)
        + sum(_MAY * flag for _, kind, flag in _PROMISES if kind in pushdown),
        tuple(
            (
                tuple(_number(column, table) for column in lookup.columns),
                _estimate("rows", lookup.rows),
                _estimate("startup_cost", lookup.startup_cost),
                _estimate("cost", lookup.cost),
            )
            for lookup in plan.lookups
        ),
    )


def kept(plan: ScanPlan) -> str:
    """Write what a plan keeps for the scan as JSON."""
    return json.dumps(dict(plan.remote), allow_nan=False, separators=(",", ":"))


def estimated_rows(plan: ScanPlan) -> float:
    """Give how many rows a plan expects; -1 if the class does not know."""
    return -1.0 if plan.rows is None else _estimate("rows", plan.rows)


def _estimate(name: str, value: float) -> float:
    number = float(value)
    if math.isfinite(number) and number >= 0:
        return number
    raise WrapperError(f"expected {name} of a ScanPlan as a number from 0 on, found {number}")


def _position(condition: Condition, asked: Sequence[Condition | None]) -> int:
    for position, one in enumerate(asked):
        if one is condition:
            return position
    for position, one in enumerate(asked):
        if one == condition:
            return position
    raise WrapperError(
        "ScanPlan.exact has a condition that the class was not asked for",
        detail=repr(condition),
        hint="Take conditions from request.conditions, as they are.",
    )


def _promised(plan: ScanPlan, request: ScanRequest) -> int:
    for kind in sorted(plan.promised - request.kinds):
        promise = next(name for name, of, _ in _PROMISES if of == kind)
        raise WrapperError(
            f"ScanPlan.{promise} promises what the class was not asked for",
            hint="Promise it only if the request has it.",
        )
    return sum(flag for _, kind, flag in _PROMISES if kind in plan.promised)


def _number(column: str, table: Table) -> int:
    for each in table.columns:
        if each.name == column:
            return each.number
    raise WrapperError(
        f'a lookup names the column "{column}", which table "{table.name}" does not have'
    )


def plan(remote: str, columns: tuple[str, ...], flags: int = 0) -> ScanPlan:
    """Make of what was kept the plan that a scan is given."""
    made = {kind: bool(flags & flag) for _, kind, flag in _PROMISES}
    return ScanPlan(
        json.loads(remote),
        columns=columns,
        sorted=made["sort"],
        limited=made["limit"],
        aggregated=made["aggregate"],
    )
