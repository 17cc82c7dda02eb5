"""A class that applies conditions in Python gives the rows that PostgreSQL finds in a heap table.

Must show 6: conditions with extreme values never lose a row, and never gain one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from exclave.cluster import Cluster, fresh_database

DATES = [
    "infinity", "-infinity", "4713-01-01 BC", "0044-03-15 BC", "0001-01-01", "2020-02-29",
    "2020-03-01", "9999-12-31", "10000-01-01", "5874897-12-31",
]  # fmt: skip
MOMENTS = [
    "infinity", "-infinity", "0044-03-15 12:00:00 BC", "0001-01-01 00:00:00",
    "2020-02-29 23:59:59.999999", "2020-03-01 00:00:00", "2020-03-01 00:00:00.000001",
    "9999-12-31 23:59:59.999999", "10000-01-01 00:00:00", "294276-12-31 23:59:59.999999",
]  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A column: its declared type, how the wrapper reads it, values, operators with an order."""

    type: str
    kind: str
    values: list[str]
    ordered: bool = True
    others: tuple[str, ...] = ()


KINDS = {
    "i": Kind("int", "int", ["-2147483648", "-1", "0", "1", "2", "2147483647"]),
    "b": Kind("bigint", "int", ["-9223372036854775808", "0", "1", "9223372036854775807"]),
    "n": Kind("numeric", "number", [
        "NaN", "Infinity", "-Infinity", "0", "1", "1.50", "1." + "0" * 40 + "1",
        "9" * 100, "0." + "123456789" * 30]),
    "r": Kind("real", "real", ["NaN", "Infinity", "-Infinity", "0.1", "1.5", "3e38", "-0"]),
    "f": Kind("float8", "float", ["NaN", "Infinity", "0.1", "0.30000000000000004", "1e308", "-0"]),
    "x": Kind("text COLLATE \"C\"", "text", [
        "", "a", "A", "ab", "a%b", "a_b", "a\\b", "é", "É", "𝄞", "a\nb", " a ", "NULL"], True,
        ("~~", "!~~", "~~*", "!~~*")),
    "c": Kind("char(3)", "char", ["", "a", "ab", "abc", "é"]),
    "y": Kind("bytea", "bytea", [r"\x", r"\x00", r"\x00ff", r"\xff", r"\x61"]),
    "d": Kind("date", "date", DATES),
    "ti": Kind("time", "time", ["00:00:00", "12:30:00", "12:30:00.000001", "24:00:00"]),
    "ts": Kind("timestamp", "timestamp", MOMENTS),
    "tz": Kind("timestamptz", "timestamptz", MOMENTS),
    "iv": Kind("interval", "interval", [
        "0", "1 day", "24:00:00", "1 mon", "30 days", "-1 year 2 mons 3 days 04:05:06.000007",
        "-00:00:00.000001", "29 days 24:00:00"]),
    "u": Kind("uuid", "uuid", [
        "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-00000000002a",
        "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
    "o": Kind("bool", "bool", ["true", "false"]),
    "a": Kind("int[]", "int[]", [
        "{}", "{1}", "{NULL}", "{1,NULL}", "{1,2}", "{{1,2},{3,4}}", "[0:1]={1,2}", "{2,1}"],
        False, ("@>", "<@", "&&")),
}  # fmt: skip

PATTERNS = ["", "%", "_", "a%", "%b", "a\\%b", "a\\_b", "a\\\\b", "A_B", "É", "%é%", "a%b%"]

Part = tuple[str, str | None]
"""A piece of SQL; with a type, a value."""


@st.composite
def leaves(draw: st.DrawFn) -> list[Part]:
    """One condition, as pieces of SQL."""
    column = draw(st.sampled_from(sorted(KINDS)))
    kind = KINDS[column]
    base = kind.type.partition(" COLLATE")[0].partition("(")[0]
    base = "bpchar" if base == "char" else base
    orders = ["=", "<>", "<", "<=", ">", ">="] if kind.ordered else ["=", "<>"]
    value = st.sampled_from(kind.values)
    form = draw(st.sampled_from(["compare", "compare", "other", "any", "null", "self", "untold"]))
    if form == "other" and kind.others:
        name = draw(st.sampled_from(kind.others))
        if "~" in name:
            value = st.sampled_from(
                [*PATTERNS, *(text for text in kind.values if text[-1:] != "\\")]
            )
        return [(f"{column} {name} ", None), (draw(value), base)]
    if form == "any":
        name = draw(st.sampled_from(orders))
        chosen = draw(st.lists(st.none() | value, max_size=4))
        if base == "int[]":
            return [(f"{column} = ", None), (draw(value), base)]
        quoted = ",".join("NULL" if each is None else json.dumps(each) for each in chosen)
        quoted = quoted.replace("\\n", "\n").replace("\\u00e9", "é").replace("\\u00c9", "É")
        quoted = quoted.replace("\\ud834\\udd1e", "𝄞")
        quantifier = draw(st.sampled_from(["ANY", "ALL"]))
        return [
            (f"{column} {name} {quantifier} (", None),
            ("{" + quoted + "}", base + "[]"),
            (")", None),
        ]
    if form == "null":
        return [(f"{column} IS {draw(st.sampled_from(['', 'NOT ']))}NULL", None)]
    if form == "self":
        pair = draw(
            st.sampled_from(
                [
                    "i = b",
                    "i < n",
                    "b > i",
                    "r <= f",
                    "ts = ts",
                    "o",
                    "NOT o",
                    "o IS NOT TRUE",
                    "o IS FALSE",
                    "i::bigint = b",
                ]
            )
        )
        return [(pair, None)]
    if form == "untold":
        return [(draw(st.sampled_from(["i % 2 = 0", "length(x) > 1", "a[1] = 1"])), None)]
    return [(f"{column} {draw(st.sampled_from(orders))} ", None), (draw(value), base)]


def combined(parts: list[list[Part]], word: str) -> list[Part]:
    joined: list[Part] = [("(", None)]
    for number, part in enumerate(parts):
        joined += [(f" {word} ", None)] if number else []
        joined += part
    return [*joined, (")", None)]


TREES = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: combined(parts, "AND")),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: combined(parts, "OR")),
        inner.map(lambda part: [("NOT (", None), *part, (")", None)]),
    ),
    max_leaves=5,
)
WHERE = st.lists(TREES, min_size=1, max_size=3).map(lambda parts: combined(parts, "AND"))

TABLES = ["heap", "all_claimed", "some_claimed", "none_claimed"]


@pytest.fixture(scope="module")
def tables(
    host_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection]:
    """A database with the same rows in a heap table and behind three foreign tables."""
    file = tmp_path_factory.mktemp("rows") / "rows.json"
    columns = "id int, " + ", ".join(f"{name} {kind.type}" for name, kind in KINDS.items())
    with fresh_database(host_cluster) as database, database.connect() as connection:
        for statement in (
            "SET timezone = 'UTC'",
            "CREATE EXTENSION exclave_fdw",
            "SELECT exclave.create_wrapper('applying', 'applying_wrapper:Applying')",
            "CREATE SERVER applying FOREIGN DATA WRAPPER applying",
            f"CREATE TABLE heap ({columns})",
        ):
            connection.execute(sql.SQL(statement))
        chance = random.Random(5)
        for number in range(60):
            row = [chance.choice([None, *kind.values * 2]) for kind in KINDS.values()]
            connection.execute(
                sql.SQL("INSERT INTO heap VALUES ({}, {})").format(
                    number, sql.SQL(", ").join(sql.Literal(value) for value in row)
                )
            )
        texts = sql.SQL(", ").join(
            sql.SQL("{}::text").format(sql.Identifier(name)) for name in ["id", *KINDS]
        )
        rows = connection.execute(sql.SQL("SELECT {} FROM heap").format(texts)).fetchall()
        kinds = {"id": "int"} | {name: kind.kind for name, kind in KINDS.items()}
        file.write_text(json.dumps({"kinds": kinds, "rows": rows}), encoding="utf-8")
        for table in TABLES[1:]:
            connection.execute(
                sql.SQL(
                    "CREATE FOREIGN TABLE {} ({}) SERVER applying OPTIONS (file {}, claims {})"
                ).format(
                    sql.Identifier(table), sql.SQL(columns), str(file), table.partition("_")[0]
                )
            )
        connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection


def with_literals(parts: list[Part]) -> sql.Composable:
    return sql.SQL("").join(
        sql.SQL(text) if kind is None else sql.SQL("{}::{}").format(text, sql.SQL(kind))
        for text, kind in parts
    )


def with_parameters(parts: list[Part]) -> tuple[sql.Composable, list[str], list[str]]:
    pieces: list[sql.Composable] = []
    types: list[str] = []
    values: list[str] = []
    for text, kind in parts:
        if kind is not None:
            types.append(kind)
            values.append(text)
        pieces.append(sql.SQL(text) if kind is None else sql.SQL(f"${len(types)}"))
    return sql.SQL("").join(pieces), types, values


SELECT = sql.SQL("SELECT id FROM {} WHERE {} ORDER BY id")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(where=WHERE)
def test_constants(tables: psycopg.Connection, where: list[Part]) -> None:
    condition = with_literals(where)
    expected, *found = (
        tables.execute(SELECT.format(sql.Identifier(table), condition)).fetchall()
        for table in TABLES
    )
    assert found == [expected] * 3


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(where=WHERE, nulls=st.sets(st.integers(0, 5), max_size=1))
def test_parameters_of_generic_plans(
    tables: psycopg.Connection, where: list[Part], nulls: set[int]
) -> None:
    condition, types, values = with_parameters(where)
    results: list[object] = []
    for table in TABLES:
        declared = sql.SQL("({})").format(sql.SQL(", ".join(types))) if types else sql.SQL("")
        given_values = [None if number in nulls else each for number, each in enumerate(values)]
        arguments = sql.SQL("({})").format(
            sql.SQL(", ").join(sql.Literal(value) for value in given_values)
        )
        tables.execute(
            sql.SQL("PREPARE q {} AS ").format(declared)
            + SELECT.format(sql.Identifier(table), condition)
        )
        try:
            run = sql.SQL("EXECUTE q {}").format(arguments if types else sql.SQL(""))
            results.append(tables.execute(run).fetchall())
        finally:
            tables.execute("DEALLOCATE q")
    assert results == [results[0]] * 4


@pytest.mark.parametrize("column", KINDS)
def test_each_row_of_an_outer_table_is_looked_up(tables: psycopg.Connection, column: str) -> None:
    for method in ("hashjoin", "mergejoin", "material"):
        tables.execute(sql.SQL("SET enable_{} = off").format(sql.SQL(method)))
    query = sql.SQL(
        "SELECT one.id, other.id FROM heap one {} JOIN {} other "
        "ON one.{} = other.{} AND other.id % 7 < 6 AND other.o ORDER BY 1, 2"
    )
    for kind in ("", "LEFT"):
        results: list[list[object]] = []
        for table in TABLES:
            names = sql.Identifier(table), sql.Identifier(column), sql.Identifier(column)
            join = query.format(sql.SQL(kind), *names)
            plan = tables.execute(sql.SQL("EXPLAIN ") + join).fetchall()
            assert "Nested Loop" in str(plan), plan
            assert table == "heap" or "Materialize" not in str(plan), plan
            results.append(tables.execute(join).fetchall())
        assert results == [results[0]] * 4
        assert len(results[0]) > 3
