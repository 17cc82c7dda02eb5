"""A law: files and a heap table with the same rows give the same answers, whatever is asked."""

# ruff: noqa: S608
from __future__ import annotations

import datetime
import math
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from exclave.cluster import Cluster, fresh_database

UTC = datetime.UTC
TYPES: dict[str, tuple[str, pa.DataType, list[Any]]] = {
    "b": ("boolean", pa.bool_(), [True, False]),
    "i": ("integer", pa.int32(), [-(2**31), -1, 0, 1, 2**31 - 1]),
    "l": ("bigint", pa.int64(), [-(2**63), -5_000_000_000, 0, 7, 2**63 - 1]),
    "n": ("numeric(8,3)", pa.decimal128(8, 3), [Decimal("-99999.999"), Decimal("0.000"),
          Decimal("0.100"), Decimal("1.250"), Decimal("99999.999")]),
    "f": ("double precision", pa.float64(), [-math.inf, -1.5, -0.0, 0.0, 0.1, 5e-324, 1e300,
          math.inf, math.nan]),
    "r": ("real", pa.float32(), [-1.5, 0.0, 0.10000000149011612, math.inf, math.nan]),
    "t": ("text", pa.string(), ["", "a", "A", "ab", "a b", "ä", "Z", "%", "a_b", "a\\b", "😀"]),
    "c": ('text COLLATE "C"', pa.string(), ["", "a", "A", "ab", "ä", "Z", "\uffff", "😀"]),
    "v": ("varchar(5)", pa.string(), ["", "a", "a ", "abcde"]),
    "k": ("char(3)", pa.string(), ["a", "a ", "abc"]),
    "d": ("date", pa.date32(), [datetime.date(1, 1, 1), datetime.date(1970, 1, 1),
          datetime.date(2013, 6, 1), datetime.date(9999, 12, 31)]),
    "s": ("timestamp", pa.timestamp("us"), [datetime.datetime(1600, 2, 29, 1, 2, 3, 4),
          datetime.datetime(1970, 1, 1), datetime.datetime(2013, 6, 1, 12, 0, 0, 1)]),
    "z": ("timestamptz", pa.timestamp("us", "UTC"), [datetime.datetime(1970, 1, 1, tzinfo=UTC),
          datetime.datetime(2013, 6, 1, 12, 0, 0, 1, tzinfo=UTC)]),
    "h": ("time", pa.time64("us"), [datetime.time(), datetime.time(23, 59, 59, 999_999)]),
    "u": ("uuid", pa.string(), [str(UUID(int=0)), str(UUID(int=2**127)), str(UUID(int=7))]),
    "y": ("bytea", pa.binary(), [b"", b"\0", b"\x7f", b"\xff", b"a"]),
}  # fmt: skip
"""Column, type, type in Arrow, and values that matter."""

OTHERS: dict[str, list[str]] = {
    "i": ["4294967296", "-9223372036854775808", "2::smallint"],
    "l": ["7::int", "7::smallint"],
    "n": ["0.1", "0.1001", "1e30", "-1e30", "99999.9999", "-99999.9995", "'NaN'::numeric",
          "'Infinity'::numeric", "'-Infinity'::numeric", "7", "0.1000000000000000000000000000001"],
    "f": ["0.1::real", "'NaN'", "'-Infinity'"],
    "r": ["0.1::float8", "'NaN'::float8"],
    "d": ["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'12345-01-01'", "'5874897-12-31'",
          "'2013-06-01 12:00'::timestamp", "'2013-06-01 00:00+00'::timestamptz"],
    "s": ["'infinity'", "'0044-03-15 01:00 BC'", "'2013-06-01'::date",
          "'2013-06-01 12:00:00.000001+00'::timestamptz", "'20000-01-01'",
          "'294246-12-31'", "'294276-12-31 23:59:59.999999'"],
    "z": ["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'2013-06-01'::date",
          "'2013-06-01 14:00:00.000001+02'", "'20000-01-01'", "'294246-12-31'",
          "'294276-12-31'"],
    "h": ["'24:00'", "'12:00'"],
}  # fmt: skip
"""Constants that no row has, or of another type, as SQL."""

COLUMNS = ", ".join(f"{name} {kind}" for name, (kind, _, _) in TYPES.items())
COMPARISONS = ["=", "<>", "<", "<=", ">", ">="]
PATTERNS = ["", "%", "_", "__", "a%", "%b", "a\\_b", "a\\\\b", "%ä%", "\\a", "_%_", "a\\", "%\\"]


def rows_of(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    values = [st.one_of(st.none(), st.sampled_from(values)) for _, _, values in TYPES.values()]
    found = draw(st.lists(st.tuples(*values), max_size=25))
    return [(number, *row) for number, row in enumerate(found)]


@st.composite
def constants(draw: st.DrawFn, column: str) -> str:
    kind, _, values = TYPES[column]
    own = st.sampled_from(values).map(
        lambda value: literal(value, kind.removesuffix(' COLLATE "C"'))
    )
    return draw(own | st.sampled_from(OTHERS[column]) if column in OTHERS else own)


def literal(value: object, kind: str) -> str:
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    text = str(value).replace("'", "''")
    return f"'{text}'::{kind}"


@st.composite
def simple(draw: st.DrawFn) -> str:
    column = draw(st.sampled_from(list(TYPES)))
    operator = draw(st.sampled_from(COMPARISONS))
    kind = draw(st.sampled_from(["compare", "compare", "compare", "in", "null", "like", "column"]))
    if kind == "in":
        listed = draw(st.lists(constants(column) | st.just("NULL"), min_size=1, max_size=4))
        return f"{column} {draw(st.sampled_from(['IN', 'NOT IN']))} ({', '.join(listed)})"
    if kind == "null":
        return f"{column} IS {draw(st.sampled_from(['NULL', 'NOT NULL']))}"
    if kind == "like" and column in "tcvk":
        pattern = draw(st.sampled_from(PATTERNS[:-2]))
        word = draw(st.sampled_from(["LIKE", "NOT LIKE", "ILIKE"]))
        return f"{column} {word} '{pattern}'"
    if kind == "column":
        pairs = [("f", "r"), ("t", "c"), ("i", "l"), ("t", "v"), ("d", "s"), (column, column)]
        left, right = draw(st.sampled_from(pairs))
        collation = ' COLLATE "C"' if left == "t" else ""
        return f"{left} {operator} {right}{collation}"
    if column == "b" and draw(st.booleans()):
        return draw(st.sampled_from(["b", "NOT b", "b IS TRUE", "b IS NOT TRUE", "b IS UNKNOWN"]))
    return f"{column} {operator} {draw(constants(column))}"


def conditions() -> st.SearchStrategy[str]:
    return st.recursive(
        simple(),
        lambda inner: st.one_of(
            inner.map(lambda each: f"NOT ({each})"),
            st.lists(inner, min_size=2, max_size=3).map(lambda each: f"({' OR '.join(each)})"),
            st.lists(inner, min_size=2, max_size=3).map(lambda each: f"({' AND '.join(each)})"),
        ),
        max_leaves=4,
    )


AGGREGATES = (
    "count(*)", "count(t)", "count(f)", "count(DISTINCT i)", "count(DISTINCT t)",
    "count(DISTINCT n)", "sum(i)", "sum(l)", "sum(n)", "avg(i)", "avg(n)",
    "min(i)", "max(l)", "min(n)", "max(d)",
    "min(s)", "max(z)", "min(h)", "max(c)", "min(t)", "bool_and(b)", "bool_or(b)",
)  # fmt: skip


@st.composite
def queries(draw: st.DrawFn) -> str:
    where = " WHERE " + draw(conditions())
    kind = draw(st.sampled_from(["rows", "rows", "top", "groups", "aggregates", "limit"]))
    if kind == "rows":
        return f"SELECT id FROM {{}}{where} ORDER BY id + 0"
    if kind == "limit":
        return f"SELECT count(*) FROM (SELECT id FROM {{}}{where} LIMIT 3) AS part"
    if kind == "aggregates":
        some = draw(st.lists(st.sampled_from(AGGREGATES), min_size=1, max_size=4, unique=True))
        return f"SELECT {', '.join(some)} FROM {{}}{where}"
    if kind == "groups":
        keys = draw(st.lists(st.sampled_from(list("bilntcvkdszuy")), min_size=1, max_size=2))
        some = draw(st.lists(st.sampled_from(AGGREGATES), max_size=2, unique=True))
        listed = ", ".join([*keys, *some])
        groups = f"SELECT {listed} FROM {{}}{where} GROUP BY {', '.join(keys)}"
        return f"SELECT x::text FROM ({groups}) AS x ORDER BY 1"
    key = draw(st.sampled_from(list(TYPES)))
    order = draw(st.sampled_from(["ASC", "DESC", "ASC NULLS FIRST", "DESC NULLS LAST"]))
    top = draw(st.integers(0, 9))
    return f"SELECT id, {key}::text FROM {{}}{where} ORDER BY {key} {order}, id LIMIT {top}"


@pytest.fixture(scope="module")
def place(host_cluster: Cluster) -> Iterator[Any]:
    """A database with a heap table and a foreign table of the same columns, and the folder."""
    with (
        tempfile.TemporaryDirectory(prefix="exclave-law-") as made,
        fresh_database(host_cluster) as database,
        database.connect() as connection,
    ):
        folder = Path(made)
        folder.chmod(0o755)
        connection.execute("CREATE EXTENSION exclave_fdw")
        connection.execute("SELECT exclave.create_wrapper('files', 'exclave.wrappers.files:Files')")
        connection.execute(
            sql.SQL("CREATE SERVER files FOREIGN DATA WRAPPER files OPTIONS (root {})").format(
                sql.Literal(made)
            )
        )
        connection.execute(sql.SQL(f"CREATE TABLE heap (id integer, {COLUMNS})"))
        for kind in ("parquet", "arrow"):
            connection.execute(
                sql.SQL(
                    f"CREATE FOREIGN TABLE {kind} (id integer, {COLUMNS}) SERVER files "
                    f"OPTIONS (path 'rows.{kind}')"
                )
            )
        connection.execute("SET TimeZone = 'Europe/Amsterdam'")
        yield connection, folder


def fill(connection: psycopg.Connection, folder: Path, rows: list[tuple[Any, ...]]) -> None:
    """Put the same rows into the heap table and into the files."""
    connection.execute("TRUNCATE heap")
    with connection.cursor() as cursor, cursor.copy("COPY heap FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    names = ["id", *TYPES]
    kinds = [pa.int32(), *(kind for _, kind, _ in TYPES.values())]
    columns = [pa.array([row[number] for row in rows], kind) for number, kind in enumerate(kinds)]
    table = pa.table(dict(zip(names, columns, strict=True)))
    pq.write_table(table, folder / "rows.parquet", row_group_size=4)
    with pa.ipc.new_file(str(folder / "rows.arrow"), table.schema) as writer:
        writer.write_table(table, max_chunksize=4)


@settings(max_examples=25, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(data=st.data())
def test_files_answer_as_a_heap_table_does(place: Any, data: st.DataObject) -> None:
    connection, folder = place
    fill(connection, folder, data.draw(st.composite(rows_of)()))
    for query in data.draw(st.lists(queries(), min_size=6, max_size=10)):
        answers = [answer(connection, query.format(name)) for name in ("heap", "parquet", "arrow")]
        assert answers[1] == answers[0], query
        assert answers[2] == answers[0], query


@pytest.mark.parametrize("operator", ["=", "<", ">="])
def test_values_that_come_later_are_those_of_the_plan(place: Any, operator: str) -> None:
    connection, folder = place
    most = max(len(values) for _, _, values in TYPES.values())
    fill(
        connection,
        folder,
        [
            (number, *(values[number] if number < len(values) else None
                       for _, _, values in TYPES.values()))
            for number in range(most)
        ],
    )  # fmt: skip
    connection.execute("SET plan_cache_mode = force_generic_plan")
    for column, (kind, _, values) in TYPES.items():
        plain = kind.removesuffix(' COLLATE "C"')
        others = [text for text in OTHERS.get(column, []) if "::" not in text]
        given = [*others, *(literal(value, plain) for value in values)]
        for name in ("heap", "parquet"):
            connection.execute(
                sql.SQL(
                    f"PREPARE {name}_all({plain}) AS SELECT id FROM {name} "
                    f"WHERE {column} {operator} $1 ORDER BY id + 0"
                )
            )
            connection.execute(
                sql.SQL(
                    f"PREPARE {name}_count({plain}) AS SELECT count(*) FROM {name} "
                    f"WHERE NOT {column} {operator} $1"
                )
            )
        for what in ("all", "count"):
            for value in given:
                answers = [
                    answer(connection, f"EXECUTE {name}_{what}({value})")
                    for name in ("heap", "parquet")
                ]
                assert answers == [answers[0]] * 2, f"{column} {operator} {value}"
        for name in ("heap", "parquet"):
            connection.execute(sql.SQL(f"DEALLOCATE {name}_all; DEALLOCATE {name}_count"))
    connection.execute("RESET plan_cache_mode")


def answer(connection: psycopg.Connection, query: str) -> list[Any] | str:
    """Give the rows, or the SQLSTATE of the error."""
    try:
        return [
            tuple("nan" if value != value else value for value in row)
            for row in connection.execute(sql.SQL(query)).fetchall()
        ]
    except psycopg.Error as error:
        if str(error.sqlstate).startswith("42"):
            raise  # no query at all
        return str(error.sqlstate)
