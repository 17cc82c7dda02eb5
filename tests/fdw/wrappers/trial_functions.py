"""Functions that the tests of exclave.wrappers.python read as tables."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa

from exclave.fdw import ScanContext
from exclave.wrappers.python import table


@table(n="bigint", label="text")
def numbers() -> Iterator[tuple[int, str]]:
    """Rows as tuples."""
    for n in range(1, 101):
        yield n, f"row {n}"


@table(n="bigint", root="double precision")
def roots() -> pa.Table:
    """An Arrow table."""
    n = range(100)
    return pa.table({"root": [math.sqrt(each) for each in n], "n": list(n)})


@table(base="integer", exponent="integer", power="bigint")
def powers(base: int, exponent: int = 2) -> Iterator[tuple[int]]:
    """One row for each call."""
    yield (base**exponent,)


@table(country="text", number="integer", note="text")
def named(country: str) -> Iterator[dict[str, Any]]:
    """Rows as mappings, some without a column."""
    yield {"number": 1, "note": f"first of {country}"}
    yield {"number": 2}


@table({"rows": "integer"}, factor="numeric", product="numeric")
def products(factor: Decimal) -> Iterator[pa.RecordBatch]:
    """Record batches of a function with an argument."""
    for start in (0, 10):
        values = [factor * n for n in range(start, start + 10)]
        yield pa.record_batch(
            {
                "rows": pa.array(range(start, start + 10), pa.int32()),
                "product": pa.array(values, pa.decimal128(38, 4)),
            }
        )


@table(day="date", weekday="text")
def weekday(day: datetime.date) -> list[tuple[str]]:
    """A list; the argument is a date."""
    return [(day.strftime("%A"),)]


@table(number="double precision", code="character(5)", given="text")
def echoes(number: float = 0.0, code: str = "") -> Iterator[tuple[str]]:
    """One row for each call."""
    yield (f"{number} {code.rstrip()}",)


@table(sure="boolean", said="text")
def says(sure: bool) -> Iterator[tuple[str]]:
    """One row for a boolean."""
    yield ("yes" if sure else "no",)


@table(kind="text", n="integer")
def mixed(kind: str) -> Iterator[Any]:
    """Rows of two kinds, where one is wanted."""
    yield from [{"n": 1}, (2,)] if kind == "tuple" else [(1,), {"n": 2}]


@table(name="text")
def tables(context: ScanContext) -> list[tuple[str]]:
    """A function that wants to know which table it is."""
    return [(context.table.name,)]


@table(a="integer", b="integer")
def crooked() -> list[tuple[int, ...]]:
    """Rows that lack a value."""
    return [(1,)]


def undeclared() -> list[tuple[int]]:
    """No table."""
    raise AssertionError("this must never be called")
