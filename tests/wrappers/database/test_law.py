"""The law: a foreign table gives the rows that a heap table with the same rows gives."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, LiteralString

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql
from tests.wrappers.database.remotes import Remote

COLUMNS = {
    "id": "bigint", "flag": "boolean", "word": "text", "ratio": "double precision",
    "amount": "numeric(20,4)", "day": "date", "moment": "timestamp", "instant": "timestamptz",
    "raw": "bytea", "clock": "time", "hidden": "bigint",
}  # fmt: skip

WORDS = st.text(
    st.sampled_from("aAbBäÄß\N{LATIN SMALL LETTER LONG S}\N{KELVIN SIGN}% _\\x"), max_size=4
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from([0, 1, -1, 2, 3, 2**31, -(2**63), 2**63 - 1]) | st.integers(-9, 9),
    "flag": st.booleans(),
    "word": WORDS,
    "ratio": st.sampled_from([0.0, -0.0, 0.1, 1e300, -1e-300, 1 / 3]) | st.floats(-9, 9),
    "amount": st.decimals(-9, 9, places=4) | st.just(Decimal("12345678901.2345")),
    "day": st.dates(dt.date(1000, 1, 1)),
    "moment": st.datetimes(dt.datetime(1000, 1, 1)),
    "instant": st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2037, 12, 31),
                            timezones=st.just(dt.UTC)),
    "raw": st.binary(max_size=3),
    "clock": st.times(),
    "hidden": st.integers(-3, 3),
}  # fmt: skip
OPERATORS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])

LIKE = ["word LIKE {}", "word NOT LIKE {}", "word ILIKE {}", "word NOT ILIKE {}"]


def written(column: str, value: Any) -> sql.Composable:
    """Write a value with its type."""
    return sql.SQL("CAST({} AS " + COLUMNS[column] + ")").format(value)


@st.composite
def conditions(draw: st.DrawFn, pool: list[tuple[Any, ...]], depth: int = 2) -> sql.Composable:
    """Draw a condition whose values are often those of the rows."""
    kind = draw(st.integers(0, 9 if depth else 6))
    if kind >= 7:
        parts = [draw(conditions(pool, depth - 1)) for _ in range(2)]
        joined = sql.SQL(draw(st.sampled_from([" AND ", " OR "]))).join(parts)
        return sql.SQL("({})" if kind < 9 else "NOT ({})").format(joined)
    column = draw(st.sampled_from(list(COLUMNS)))
    place = list(COLUMNS).index(column)
    known = [row[place] for row in pool if row[place] is not None]
    one = st.sampled_from(known) | VALUES[column] if known else VALUES[column]
    name = sql.Identifier(column)
    if kind == 0:
        return sql.SQL(draw(st.sampled_from(["{} IS NULL", "{} IS NOT NULL"]))).format(name)
    if kind == 1:
        values = draw(st.lists(one, min_size=1, max_size=3))
        listed = sql.SQL(", ").join(written(column, each) for each in values)
        return sql.SQL(draw(st.sampled_from(["{} IN ({})", "{} NOT IN ({})"]))).format(name, listed)
    if kind == 2:
        like = draw(st.sampled_from(LIKE))
        return sql.SQL(like).format(draw(WORDS.filter(lambda word: not word.endswith("\\"))))
    if kind == 3:
        values = draw(st.lists(one, min_size=1, max_size=3))
        listed = sql.SQL(", ").join(written(column, each) for each in values)
        text = f"{{}} {draw(OPERATORS)} {draw(st.sampled_from(['ANY', 'ALL']))} (ARRAY[{{}}])"
        return sql.SQL(text).format(name, listed)
    collated = ' COLLATE "C"' if column == "word" and draw(st.booleans()) else ""
    text = "{}" + collated + " " + draw(OPERATORS) + " {}"
    return sql.SQL(text).format(name, written(column, draw(one)))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[tuple[Any, ...]], list[sql.Composable]]:
    """Draw rows, and conditions."""
    row = st.tuples(*(st.none() | VALUES[name] for name in COLUMNS))
    rows = draw(st.lists(row, min_size=1, max_size=6))
    return rows, draw(st.lists(conditions(rows), min_size=4, max_size=8))


@pytest.fixture
def twins(wrapper: psycopg.Connection, remote: Remote) -> psycopg.Connection:
    """A connection to a database with the foreign table `away` and the heap table `home`."""
    wrapper.execute("DROP SERVER IF EXISTS other CASCADE; DROP TABLE IF EXISTS home")
    remote.create("away", COLUMNS)
    remote.connect(wrapper)
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    wrapper.execute(f"CREATE FOREIGN TABLE away ({columns}) SERVER other".encode())
    wrapper.execute("ALTER FOREIGN TABLE away ALTER hidden OPTIONS (ADD pushdown 'false')")
    wrapper.execute(f"CREATE TABLE home ({columns})".encode())
    wrapper.execute("SET timezone = 'Asia/Tokyo'")
    return wrapper


QUERIES = (
    "SELECT * FROM {} WHERE {} ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11",
    "SELECT count(*), count(word), min(id), max(id), min(day), max(amount), max(moment)"
    " FROM {} WHERE {}",
    "SELECT word, count(*) FROM {} WHERE {} GROUP BY word ORDER BY word COLLATE \"C\"",
    "SELECT flag, count(DISTINCT id), sum(id % 9) FROM {} WHERE {} GROUP BY flag ORDER BY flag",
    "SELECT id FROM {} WHERE {} ORDER BY id DESC NULLS LAST LIMIT 3",
    "SELECT word FROM {} WHERE {} ORDER BY word COLLATE \"C\" NULLS FIRST LIMIT 3",
    "SELECT ratio FROM {} WHERE {} ORDER BY ratio LIMIT 2",
    "SELECT day, amount FROM {} WHERE {} ORDER BY day DESC, amount LIMIT 2",
)  # fmt: skip


@given(case=cases())
@settings(max_examples=20)
def test_conditions_order_limit_and_aggregates_change_nothing(
    twins: psycopg.Connection, case: tuple[list[tuple[Any, ...]], list[sql.Composable]]
) -> None:
    rows, wanted = case
    gaps = sql.SQL(", ").join([sql.Placeholder()] * len(COLUMNS))
    with twins.transaction(), twins.cursor() as cursor:
        cursor.execute("TRUNCATE home; TRUNCATE away")
        cursor.executemany(sql.SQL("INSERT INTO home VALUES ({})").format(gaps), rows)
        cursor.execute("INSERT INTO away SELECT * FROM home")
        for number, condition in enumerate(wanted):
            query = sql.SQL(QUERIES[number % len(QUERIES)])
            home, away = (
                cursor.execute(query.format(sql.Identifier(table), condition)).fetchall()
                for table in ("home", "away")
            )
            assert away == home, condition.as_string(twins)


PARTLY_SENT: tuple[LiteralString, ...] = (
    "(id > 0 AND id < ANY (ARRAY[2, 4]::bigint[])) OR id = -1",
    "(id > 0 AND NOT id = ALL (ARRAY[1]::bigint[])) OR id = -1",
    "(id > 0 AND word ILIKE 'x%') OR id = 3",
    "(id > 0 AND hidden = 2) OR id = -1",
    "(id > 0 AND clock < '24:00') OR id = -1",
    "(id > 0 AND ratio < 'infinity') OR id = -1",
    "NOT (id > 1 AND hidden = 2)",
    "NOT ((id > 1 AND word ILIKE 'x%') OR id = 3)",
    "(NOT (id > 1 AND id < ANY (ARRAY[3]::bigint[])) AND word LIKE '%a') OR id = 3",
)
"""Conditions with an AND of which a part cannot be sent, and with it all that negates it."""


@pytest.mark.parametrize("condition", PARTLY_SENT)
def test_parts_of_an_and_that_cannot_be_sent_are_left_out(
    twins: psycopg.Connection, condition: LiteralString
) -> None:
    twins.execute("ALTER FOREIGN TABLE away ALTER id OPTIONS (ADD key 'true')")
    twins.execute(
        "INSERT INTO home (id, word, ratio, clock, hidden) VALUES (1, 'a', 0, '01:00', 1),"
        " (2, 'xa', 0.5, '02:00', 2), (3, 'Xb', 1, '03:00', 3)"
    )
    twins.execute("INSERT INTO away SELECT * FROM home")
    select = sql.SQL("SELECT id FROM {} WHERE {} ORDER BY id")
    home, away = (
        select.format(sql.Identifier(table), sql.SQL(condition)) for table in ("home", "away")
    )
    wanted = twins.execute(home).fetchall()
    assert twins.execute(away).fetchall() == wanted
    plan = twins.execute(sql.SQL("EXPLAIN VERBOSE {}").format(away)).fetchall()
    (sent,) = (line for (line,) in plan if "Remote SQL" in line)
    assert "hidden" not in sent.partition(" WHERE ")[2]
    update = sql.SQL("UPDATE away SET word = 'c' WHERE {}").format(sql.SQL(condition))
    assert twins.execute(update).rowcount == len(wanted)
