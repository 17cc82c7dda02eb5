"""Functions that are tables: what is declared, and which calls a query asks for."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from exclave.fdw import (
    AnyOf,
    ColumnReference,
    Comparison,
    Condition,
    Or,
    Unrepresentable,
    WrapperError,
)
from exclave.wrappers.python import table
from exclave.wrappers.python.arguments import calls, missing
from exclave.wrappers.python.rows import rows_of


@table(a="integer", b="text", c="text")
def function(a: int, b: str = "x") -> Any:
    """Two arguments, one of which may be left out."""
    yield (f"{a}{b}",)


def is_a(value: object) -> Comparison:
    return Comparison("a", "=", value)


def test_parameters_that_are_columns_are_arguments() -> None:
    assert function.arguments == ("a", "b")
    assert function.required == ("a",)
    assert function.results == ("c",)
    assert list(function(1)) == [("1x",)]


def test_a_declaration_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="needs columns"):
        table()
    with pytest.raises(TypeError, match="parameter a is no column"):
        table(b="text")(lambda a: a)
    with pytest.raises(TypeError, match=r"\*args"):
        table(b="text")(lambda *a: a)
    with pytest.raises(TypeError, match="must have a name"):
        table(a="text")(lambda a, /: a)


@pytest.mark.parametrize(
    ("conditions", "wanted"),
    [
        ([is_a(1)], [{"a": 1, "b": "x"}]),
        ([is_a(1), Comparison("b", "=", "y")], [{"a": 1, "b": "y"}]),
        ([is_a(1), Comparison("b", "<>", "y")], [{"a": 1, "b": "x"}]),
        ([AnyOf("a", "=", (1, 2, 1, None))], [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]),
        ([AnyOf("a", "=", (1, 2)), is_a(2)], [{"a": 2, "b": "x"}]),
        ([AnyOf("a", "=", ([1], [2], [1]))], [{"a": [1], "b": "x"}, {"a": [2], "b": "x"}]),
        ([AnyOf("a", "=", ())], []),
        (
            [Comparison("b", "=", ColumnReference("a")), AnyOf("a", "=", (1, 2))],
            [{"a": a, "b": b} for a in (1, 2) for b in (1, 2)],  # PostgreSQL chooses
        ),
        (
            [AnyOf("a", "=", (1, 2)), AnyOf("b", "=", ("y", "z"))],
            [{"a": a, "b": b} for a in (1, 2) for b in "yz"],
        ),
    ],
)
def test_each_value_that_a_query_asks_for_is_one_call(
    conditions: list[Condition], wanted: list[dict[str, Any]]
) -> None:
    assert list(calls(function, conditions)) == wanted


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        ("double precision", (math.nan, 0.0, -math.nan, -0.0), [math.nan, 0.0]),
        ("numeric", (Decimal("NaN"), Decimal("1.0"), Decimal("NaN"), Decimal("1.00")),
         [Decimal("NaN"), Decimal("1.0")]),
        ("double precision[]", ([math.nan, None], [math.nan, None]), [[math.nan, None]]),
        ("character(5)", ("a", "a ", " a", "a    "), ["a", " a"]),
        ("character varying(5)", ("a", "a ", "a"), ["a", "a "]),
        ("character(5)[]", (["a"], ["a "]), [["a"]]),
    ],
)  # fmt: skip
def test_values_that_are_equal_to_postgresql_are_one_call(
    kind: str, values: tuple[Any, ...], wanted: list[Any]
) -> None:
    made = calls(function, [AnyOf("a", "=", values)], {"a": kind})
    assert [repr(call["a"]) for call in made] == [repr(each) for each in wanted]


@pytest.mark.parametrize(
    "condition",
    [
        Comparison("a", ">", 1),
        Comparison("b", "=", "x"),
        AnyOf("a", "<>", (1,), every=True),
        AnyOf("a", "=", (1,), every=True),
        Or((is_a(1), Comparison("b", "=", "x"))),
        is_a(ColumnReference("c")),
    ],
)
def test_what_no_condition_with_an_equals_sign_gives_is_missing(condition: Condition) -> None:
    assert missing(function, [condition]) == ("a",)
    with pytest.raises(WrapperError, match="needs a value of a") as error:
        list(calls(function, [condition]))
    assert error.value.hint == "Write WHERE a = …."


def test_a_value_that_python_has_not_is_an_error() -> None:
    with pytest.raises(WrapperError, match="date infinity cannot be given"):
        list(calls(function, [is_a(Unrepresentable("date", "infinity"))]))


def test_arguments_are_columns_of_the_rows() -> None:
    call = {"a": 1, "b": "y"}
    assert list(rows_of(function, [("r",)], call, ("c", "a"))) == [("r", 1)]
    assert list(rows_of(function, [("r",)], call, ("b",))) == [("y",)]
    assert list(rows_of(function, [("r",)], call, ())) == [()]
    assert list(rows_of(function, [{"c": "r"}, {}], call, ("c", "a"))) == [("r", 1), (None, 1)]
    assert list(rows_of(function, [], call, ("a",))) == []


@pytest.mark.parametrize("row", ["r", b"r", 1, None, {"c": 1}])
def test_what_is_no_row_is_an_error(row: Any) -> None:
    with pytest.raises(WrapperError, match=f"a row of the type {type(row).__name__}"):
        list(rows_of(function, [("r",), row], {"a": 1, "b": "y"}, ("c", "a")))


@pytest.mark.parametrize("value", [1, 1.5, "x", True, b"x", None, [1, 2], Decimal("1.50")])
def test_arguments_are_columns_of_record_batches(value: Any) -> None:
    answer = pa.table({"c": ["r", "s"]})
    for given in (answer, answer.to_batches()):
        [batch] = rows_of(function, given, {"a": value}, ("a", "c"))
        shown = str(value) if isinstance(value, Decimal) else value
        assert batch.to_pydict() == {"c": ["r", "s"], "a": [shown, shown]}
