"""Statements as drivers and ORMs send them: restricted right before, they leave out members."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import psycopg2
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from tests.query import orm
from tests.query.hub import JOINED, ORDERS, USERS, replacements, undone

from exclave.cluster import Database
from exclave.query import reading, restrict

GONE = ["m2"]

PERCENT: list[tuple[str, Any]] = [
    ("SELECT * FROM fed.users WHERE fed.users.age > %s AND name NOT LIKE '%%x%%'", (20,)),
    ("SELECT %(a)s::int, id FROM fed.users WHERE age %% %(a)s = 1 OR id=%(b)s", {"a": 2, "b": 3}),
    ("SELECT id FROM fed.users WHERE member = ANY(%s) AND fed.users.id < %s", (["m1", "m2"], 9)),
    ("SELECT '100%%', fed.users.name FROM fed.users WHERE name <> %s", ("it's 100%",)),
    ("SELECT count(*) FROM fed.users, fed.orders WHERE (user_id, %s) = (fed.users.id, 1)", (1,)),
    ("SELECT x FROM (SELECT fed.users.id AS x FROM fed.users WHERE id>=%s) s WHERE x<%s", (2, 5)),
]  # fmt: skip


def on_psycopg(connection: psycopg.Connection, sql: str, values: Any, cursor: Any) -> list[Any]:
    """Run a statement with a kind of cursor of psycopg."""
    with cursor(connection) as opened:
        return sorted(opened.execute(sql, values).fetchall(), key=repr)


@pytest.mark.parametrize(("sql", "values"), PERCENT)
@pytest.mark.parametrize(
    "cursor", [psycopg.Cursor, psycopg.ClientCursor, lambda c: psycopg.ServerCursor(c, "named")]
)
def test_psycopg(connection: psycopg.Connection, sql: str, values: Any, cursor: Any) -> None:
    everything = on_psycopg(connection, sql, values, cursor)
    found = on_psycopg(connection, restrict(sql, JOINED, without=GONE), values, cursor)
    for replacement in replacements(GONE):
        connection.execute(replacement.encode())
    assert found == on_psycopg(connection, sql, values, cursor)
    assert found != everything


def test_psycopg_without_parameters_takes_percent_signs_as_they_are(
    connection: psycopg.Connection,
) -> None:
    sql = "SELECT id % 2, 'a%s' FROM fed.users WHERE name LIKE '%e' ORDER BY member"
    changed = restrict(sql, JOINED, without=["50%"], style="native")
    assert connection.execute(changed.encode()).fetchall() == [(0, "a%s"), (0, "a%s")]


@pytest.mark.parametrize(("sql", "values"), PERCENT)
def test_psycopg2(hub: Database, sql: str, values: Any) -> None:
    opened = psycopg2.connect(hub.dsn)
    try:
        with opened.cursor() as cursor:
            cursor.execute(restrict(sql, JOINED, without=GONE), values)
            found = sorted(cursor.fetchall(), key=repr)
            for replacement in replacements(GONE):
                cursor.execute(replacement)
            cursor.execute(sql, values)
            assert found == sorted(cursor.fetchall(), key=repr)
    finally:
        opened.rollback()
        opened.close()


def test_psycopg2_writes_tuples_as_lists(hub: Database) -> None:
    sql, values = "SELECT count(*) FROM fed.users WHERE fed.users.member IN %s", (("m1", "m2"),)
    assert reading(sql, JOINED, parameters=values).members == {"m1", "m2"}
    opened = psycopg2.connect(hub.dsn)
    try:
        with opened.cursor() as cursor:
            cursor.execute(restrict(sql, JOINED, without=GONE), values)
            assert cursor.fetchall() == [(3,)]
    finally:
        opened.close()


def test_asyncpg(hub: Database) -> None:
    numbered: list[tuple[str, Sequence[Any]]] = [
        ("SELECT * FROM fed.users WHERE fed.users.age > $1 AND name LIKE '%'", [20]),
        ("SELECT $2::int, id FROM fed.users WHERE age % $2 = 1 OR fed.users.id=$1", [3, 2]),
        ("SELECT count(*) FROM fed.users WHERE member = ANY($1::text[])", [["m1", "m2"]]),
    ]

    async def check() -> None:
        url = hub.url(driver=None)
        opened = await asyncpg.connect(url)
        transaction = opened.transaction()
        await transaction.start()
        restricted = [
            sorted(map(tuple, await opened.fetch(
                restrict(sql, JOINED, without=GONE, style="native"), *values)))
            for sql, values in numbered
        ]  # fmt: skip
        for replacement in replacements(GONE):
            await opened.execute(replacement)
        for (sql, values), found in zip(numbered, restricted, strict=True):
            assert found == sorted(map(tuple, await opened.fetch(sql, *values)))
        await transaction.rollback()
        await opened.close()

    asyncio.run(check())


def restricting(engine: sa.Engine, sent: list[str]) -> Callable[[], None]:
    """Restrict all statements of an engine before they are sent; give what ends that."""

    def before(
        _: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: Any
    ) -> tuple[str, Any]:
        style = "native" if engine.dialect.paramstyle == "numeric_dollar" else "pyformat"
        changed = restrict(statement, JOINED, without=GONE, style=style)
        sent.append(changed)
        return changed, parameters

    sa.event.listen(engine, "before_cursor_execute", before, retval=True)
    return lambda: sa.event.remove(engine, "before_cursor_execute", before)


def check_sqlalchemy(connection: sa.Connection) -> None:
    """Check all statements of `orm` on one connection."""

    def results() -> dict[str, list[str]]:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            return {
                name: sorted(map(repr, statement(session)))
                for name, statement in orm.STATEMENTS.items()
            }

    sent: list[str] = []
    everything = results()
    stop = restricting(connection.engine, sent)
    try:
        found = results()
    finally:
        stop()
    for replacement in replacements(GONE):
        connection.exec_driver_sql(replacement)
    assert found == results()
    assert len(sent) >= len(orm.STATEMENTS)
    assert all("NOT IN ('m2')" in each for each in sent if not each.startswith("SAVEPOINT"))
    same = {name for name in found if found[name] == everything[name]}
    assert same == orm.UNCHANGED


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_sqlalchemy(hub: Database, driver: str) -> None:
    engine = sa.create_engine(hub.url(driver=driver), poolclass=NullPool)
    with engine.connect() as connection:
        check_sqlalchemy(connection)
        connection.rollback()


def test_sqlalchemy_over_asyncpg(hub: Database) -> None:
    async def check() -> None:
        engine = create_async_engine(hub.url(driver="asyncpg"), poolclass=NullPool)
        async with engine.connect() as connection:
            await connection.run_sync(check_sqlalchemy)
            await connection.rollback()

    asyncio.run(check())


def test_the_members_that_a_query_of_sqlalchemy_names_are_known() -> None:
    dialects = {"pyformat": "psycopg", "native": "asyncpg"}
    for style, driver in dialects.items():
        dialect = sa.create_engine(f"postgresql+{driver}://").dialect
        compiled = orm.orders_of(["m1", "m3"]).compile(
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )
        values: Any = compiled.params
        if style == "native":
            assert compiled.positiontup is not None
            values = [values[name] for name in compiled.positiontup]
        found = reading(str(compiled), JOINED, style=style, parameters=values)  # type: ignore[arg-type]
        assert found.reads == (ORDERS, USERS)
        assert found.members == {"m1", "m3"}


def test_django(hub: Database) -> None:
    script = Path(__file__).with_name("django_queries.py")
    done = subprocess.run(
        [sys.executable, script, hub.dsn], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    checked = json.loads(done.stdout)
    assert len(checked) >= 12
    for each in checked:
        assert "NOT IN ('m2')" in each["sent"], each
        assert each["restricted"] == each["expected"], each
        assert each["restricted"] != each["everything"], each
    assert reading(checked[0]["sent"], [USERS]).reads == (USERS,)


def test_what_is_rolled_back_here_leaves_the_hub_as_it_was(connection: psycopg.Connection) -> None:
    with undone(connection):
        found = connection.execute("SELECT count(*) FROM fed.users WHERE member = 'm2'").fetchone()
    assert found == (3,)
