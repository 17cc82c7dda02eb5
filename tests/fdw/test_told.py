"""What C tells of conditions: NULL goes away, and what a class answers is checked."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclave.fdw import (
    And,
    AnyOf,
    Comparison,
    Condition,
    IsNull,
    Lookup,
    Not,
    Or,
    Parameter,
    ScanPlan,
    ScanRequest,
    Server,
    SortKey,
    Table,
    WrapperError,
)
from exclave.fdw.options import NoOptions
from exclave.fdw.table import Column, Wrapper
from exclave.fdw.told import Told, answer, conditions, plan

NONE = NoOptions()
TABLE = Table(
    1, "public", "t", (Column(3, "a", "integer", 23, -1, False, NONE),), NONE,
    Server("s", NONE), Wrapper("w", NONE),
)  # fmt: skip

VALUES = st.none() | st.integers(0, 1)
LEAVES = st.one_of(
    st.tuples(st.just("comparison"), st.sampled_from("ab"), st.just("="), VALUES, st.none()),
    st.tuples(
        st.just("any"), st.sampled_from("ab"), st.just("="),
        st.none() | st.lists(VALUES, max_size=3), st.booleans(), st.none(),
    ),
    st.tuples(st.just("null"), st.sampled_from("ab"), st.booleans()),
)  # fmt: skip
TREES: st.SearchStrategy[Told] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.just("not"), inner.map(lambda part: [part])),
    ),
    max_leaves=6,
)

Truth = bool | None


def every(known: list[Truth]) -> Truth:
    return False if False in known else None if None in known else True


def some(known: list[Truth]) -> Truth:
    return True if True in known else None if None in known else False


def equal(one: int | None, other: int | None) -> Truth:
    return None if one is None or other is None else one == other


def sql_truth(told: Told, row: dict[str, Any]) -> Truth:
    """Say what a tuple is in SQL, NULLs and all."""
    match told:
        case ("comparison", column, _, value, _):
            return equal(row[column], value)
        case ("any", _, _, None, _, _):
            return None
        case ("any", column, _, values, all_of_them, _):
            return (every if all_of_them else some)([equal(row[column], each) for each in values])
        case ("null", column, negated):
            return (row[column] is None) != negated
        case ("not", (part,)):
            known = sql_truth(part, row)
            return None if known is None else not known
        case (word, parts):
            return (every if word == "and" else some)([sql_truth(part, row) for part in parts])
    raise AssertionError(told)


def truth(condition: Condition, row: dict[str, Any]) -> Truth:
    match condition:
        case Comparison(column, _, value):
            assert value is not None
            return equal(row[column], value)  # type: ignore[arg-type]
        case AnyOf(column, _, values, all_of_them):
            assert isinstance(values, tuple)
            assert None not in values
            return (every if all_of_them else some)([equal(row[column], each) for each in values])
        case IsNull(column, negated):
            return (row[column] is None) != negated
        case Not(part):
            known = truth(part, row)
            return None if known is None else not known
        case And(parts):
            return every([truth(part, row) for part in parts])
        case Or(parts):
            return some([truth(part, row) for part in parts])


@given(told=TREES)
def test_without_null_the_same_rows_are_wanted(told: Told) -> None:
    (condition,) = conditions([told])
    for a, b in itertools.product([None, 0, 1], repeat=2):
        row = {"a": a, "b": b}
        wanted = sql_truth(told, row) is True
        assert wanted == (condition is not None and truth(condition, row) is True), row


def test_parameters_stay_as_they_are() -> None:
    parameter = Parameter(0, "integer[]")
    assert conditions([("any", "a", "=", parameter, False, None)]) == [AnyOf("a", "=", parameter)]


FIVE = Comparison("a", "=", 5)
REQUEST = ScanRequest(("a",), (IsNull("a"), FIVE))


def answered(made: ScanPlan, request: ScanRequest = REQUEST) -> tuple[Any, ...]:
    return answer(made, TABLE, request, [None, *REQUEST.conditions], frozenset({"sort"}))


def test_an_answer_says_what_c_keeps() -> None:
    made = ScanPlan({"x": [1]}, exact=[Comparison("a", "=", 5)], lookups=[Lookup(("a",), 2, 3, 4)])
    kept, rows, total, width, startup, cost, exact, flags, lookups = answered(made)
    assert (kept, rows, total) == ('{"x":[1]}', -1, -1)
    assert (width, startup, cost) == (0, 10, 100)
    assert answered(ScanPlan(total=9))[1:3] == (-1, 9)
    assert answered(ScanPlan(rows=7))[1] == 7
    assert exact == (2,)
    assert flags & 1 == 0
    assert lookups == (((3,), 2.0, 3.0, 4.0),)
    sorted_request = ScanRequest(("a",), REQUEST.conditions, (SortKey("a"),))
    *_, flags, _ = answered(ScanPlan(sorted=True), sorted_request)
    assert plan('{"x":[1]}', ("a",), flags) == ScanPlan({"x": [1]}, sorted=True, columns=("a",))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: ScanPlan(exact=[Comparison("a", "=", 6)]), "a condition that the class was not"),
        (lambda: ScanPlan(sorted=True), "ScanPlan.sorted promises"),
        (lambda: ScanPlan(limited=True), "ScanPlan.limited promises"),
        (lambda: ScanPlan(aggregated=True), "ScanPlan.aggregated promises"),
        (lambda: ScanPlan(rows=float("nan")), "expected rows of a ScanPlan"),
        (lambda: ScanPlan(cost=-1), "expected cost of a ScanPlan"),
        (lambda: ScanPlan(lookups=[Lookup(("b",))]), 'names the column "b"'),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused(
    made: Callable[[], ScanPlan], message: str
) -> None:
    with pytest.raises(WrapperError, match=message):
        answered(made())
