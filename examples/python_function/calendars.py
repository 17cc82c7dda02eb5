"""Functions that PostgreSQL reads as tables."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute

from exclave.wrappers.python import table


@table(year="integer", month="integer", name="text", days="integer")
def months(year: int) -> Iterator[tuple[int, str, int]]:
    """The months of a year; the year comes from the query."""
    for month in range(1, 13):
        yield month, calendar.month_name[month], calendar.monthrange(year, month)[1]


@table(day="date", weekday="text", week="integer")
def weekdays(day: datetime.date) -> list[tuple[str, int]]:
    """What a day is; one row for each day that the query asks for."""
    return [(day.strftime("%A"), day.isocalendar().week)]


@table(rows=1_000_000, n="bigint", square="bigint")
def squares() -> pa.Table:
    """A million rows at once, as Arrow, which is read as fast as a table."""
    n = pa.array(range(1_000_000), pa.int64())
    return pa.table({"n": n, "square": pa.compute.multiply(n, n)})
