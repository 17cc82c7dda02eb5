"""Wrappers that give Arrow streams; the data are made in the first scan and kept.

What is timed is the way into PostgreSQL.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exclave.fdw import ForeignDataWrapper, Options, ScanContext, ScanPlan

BATCH = 8192
SECOND = 1_000_000
START = 1_704_067_200 * SECOND  # 2024 in microseconds

made: dict[Any, Any] = {}


def text(*parts: Any) -> pa.Array:
    """Join strings and numbers row by row."""
    strings = [
        part if isinstance(part, str) else pc.cast(pa.array(part), pa.string()) for part in parts
    ]
    return pc.binary_join_element_wise(*strings, "")


def decimals(numbers: Any, precision: int, scale: int) -> pa.Array:
    """Make decimals of 128 bits of integers that are the decimals times 10^scale."""
    wide = np.empty((len(numbers), 2), np.int64)
    wide[:, 0] = numbers
    wide[:, 1] = numbers >> 63
    kind = pa.decimal128(precision, scale)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(wide)])


def lists(values: pa.Array, each: int) -> pa.Array:
    """Make lists of so many values each."""
    offsets = np.arange(0, len(values) + 1, each, dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def moments(numbers: Any, zone: str | None) -> pa.Array:
    """Make moments, one a second."""
    return pa.array(START + numbers * SECOND).cast(pa.timestamp("us", tz=zone))


def narrow(rows: int) -> pa.Table:
    """Give (bigint, int, float8, text, timestamptz)."""
    i = np.arange(1, rows + 1)
    return pa.table({
        "id": i, "small": (i % 1000).astype(np.int32), "ratio": i / 7,
        "label": text("label ", i), "moment": moments(i, "UTC"),
    })  # fmt: skip


def wide(rows: int) -> pa.Table:
    """Give the same and 15 columns more; every third or half of some is NULL."""
    i = np.arange(1, rows + 1)
    random = np.random.default_rng(1)
    thirds, halves = i % 3 == 0, i % 2 == 0
    price = decimals(i * 137 % 10**9, 12, 2)
    dollars = pc.cast(price, pa.string())
    ids = pa.py_buffer(random.bytes(16 * rows))
    columns = {name: column.combine_chunks() for name, column in zip(
        narrow(rows).column_names, narrow(rows).columns, strict=True)}  # fmt: skip
    columns |= {
        "price": price,
        "weight": decimals(i * 7919 - 10**6, 38, 10),
        "amount": pc.if_else(pa.array(thirds), None, decimals(i * 31, 10, 4)),
        "key": pa.Array.from_buffers(pa.binary(16), rows, [None, ids]),
        "day": pa.array((i % 20000).astype(np.int32)).cast(pa.date32()),
        "document": text(
            '{"id": ',
            i,
            ', "name": "name ',
            i,
            '", "tags": ["a", "b"], "active": true, "price": ',
            dollars,
            "}",
        ),
        "settings": text('{"theme": "dark", "size": ', i % 100, ', "nested": {"a": null}}'),
        "tags": lists(text("tag ", np.arange(3 * rows) % 1000), 3),
        "numbers": lists(pa.array(np.arange(4 * rows, dtype=np.int32)), 4),
        "active": pa.array(halves),
        "maybe": pa.array(halves, mask=thirds),
        "note": pc.if_else(pa.array(halves), None, text("a note of some length on ", i)),
        "local": moments(i, None),
        "short": (i % 30000).astype(np.int16),
        "code": text("code ", i % 10000),
    }
    return pa.table(columns)


class Arrow(ForeignDataWrapper):
    """One of the two tables, by one of some libraries."""

    class TableOptions(Options):
        rows: int
        columns: Literal["narrow", "wide"] = "narrow"
        by: Literal["pyarrow", "polars", "duckdb", "nanoarrow"] = "pyarrow"

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        options: Any = context.table.options
        key = options.rows, options.columns
        if key not in made:
            table = {"narrow": narrow, "wide": wide}[options.columns](options.rows)
            made[key] = pa.Table.from_batches(table.to_batches(max_chunksize=BATCH))
        table = made[key]
        if options.by == "pyarrow":
            return table
        if options.by == "nanoarrow":
            import nanoarrow

            return nanoarrow.ArrayStream(table)
        if options.by == "duckdb":
            import duckdb

            return duckdb.from_arrow(table)
        import polars

        if ("polars", *key) not in made:
            made["polars", *key] = polars.from_arrow(table)
        return made["polars", *key]


class Forever(ForeignDataWrapper):
    """The same batch again and again."""

    class TableOptions(Options):
        rows: int

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        options: Any = context.table.options
        batch = narrow(100_000).combine_chunks().to_batches()[0]
        times = options.rows // 100_000
        return pa.RecordBatchReader.from_batches(batch.schema, (batch for _ in range(times)))
