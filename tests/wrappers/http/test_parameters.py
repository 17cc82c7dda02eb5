"""Values of conditions as parameters: written as the server has them, or not at all."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from exclave.fdw import Column, ColumnReference, Comparison, Unrepresentable
from exclave.wrappers.http import parameters
from exclave.wrappers.http.options import ColumnOptions

NOON = datetime.datetime(2013, 1, 1, 12, tzinfo=datetime.UTC)


def column(kind: str, operator: str = "=") -> Column:
    options = ColumnOptions.parse({"parameter": "v", "operator": operator}, "column")
    return Column(1, "v", kind, 0, -1, False, options)


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("integer", 2, "2"),
        ("integer", Decimal("2.0"), "2"),
        ("bigint", 2.0, "2"),
        ("integer", 2.5, None),
        ("integer", Decimal("1e400"), None),
        ("integer", float("nan"), None),
        ("integer", Decimal("NaN"), None),
        ("numeric", Decimal("1.50"), "1.5"),
        ("numeric", Decimal("1e2"), "100"),
        ("numeric", Decimal("-0.00"), "0"),
        ("numeric", Decimal("12345678901234567890.123456789012345678901"),
         "12345678901234567890.123456789012345678901"),
        ("numeric", Decimal("1e1000"), None),
        ("numeric", Decimal("1e-1000"), None),
        ("numeric", Decimal("NaN"), None),
        ("numeric", Decimal("Infinity"), None),
        ("numeric(4,1)", Decimal("1.5"), None),
        ("real", 0.5, None),
        ("double precision", 0.1, "0.1"),
        ("double precision", 2.0, "2"),
        ("double precision", -0.0, "0"),
        ("double precision", 1e300, None),
        ("double precision", float("-inf"), None),
        ("text", "a ", "a "),
        ("character varying(3)", "a ", "a "),
        ("character(3)", "a", None),
        ("character(3)", "abc  ", "abc"),
        ("boolean", False, "false"),
        ("date", NOON.date(), "2013-01-01"),
        ("date", NOON, None),
        ("date", Unrepresentable("date", "infinity"), None),
        ("timestamp with time zone", NOON, None),
        ("time without time zone", NOON.time(), None),
        ("uuid", UUID(int=10), "00000000-0000-0000-0000-00000000000a"),
        ("inet", "10.0.0.1", None),
        ("text", ColumnReference("w"), None),
    ],
)  # fmt: skip
def test_a_value_is_written_if_it_has_one_spelling(kind: str, value: Any, sent: str | None) -> None:
    assert parameters.text(column(kind), Comparison("v", "=", value)) == sent


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("timestamp with time zone", NOON, "2013-01-01T12:00:00+00:00"),
        ("timestamp(0) with time zone", NOON, None),
        ("time without time zone", NOON.time(), "12:00:00"),
        ("integer", Decimal("2.5"), None),
    ],
)
def test_a_server_that_compares_times_understands_them(
    kind: str, value: Any, sent: str | None
) -> None:
    asked = Comparison("v", ">=", value)
    assert parameters.text(column(kind, ">="), asked) == sent
    assert parameters.name(column(kind), ">=") is None
