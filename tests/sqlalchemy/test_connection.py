"""A SQLAlchemy connection serves the engine, whatever the driver."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from exclave import catalog
from exclave.errors import ApplyError, CatalogError
from exclave.sqlalchemy import SqlalchemyConnection

SECRET = "s3cr3t % ' :x \\ $1"


def test_parameters_and_odd_characters_arrive_unchanged(hub) -> None:
    def work(connection: sa.Connection) -> list[tuple[object, ...]]:
        session = SqlalchemyConnection(connection)
        rows = session.fetch(
            """SELECT $2::text, '100% :x $1', "a%b", $1::text[], 7 % 4
               FROM (SELECT 1 AS "a%b") AS t""",
            [["x", "%s"], "it's %s :y"],
        )
        rows += session.fetch("SELECT '100%', 7 % 4, ':x', '$1'")
        return [tuple(row) for row in rows]

    assert hub.run(work) == [
        ("it's %s :y", "100% :x $1", 1, ["x", "%s"], 3),
        ("100%", 3, ":x", "$1"),
    ]


def test_statements_without_parameters_arrive_unchanged(hub) -> None:
    def work(connection: sa.Connection) -> object:
        connection = connection.execution_options(schema_translate_map={None: "pg_temp"})
        session = SqlalchemyConnection(connection)
        session.execute(
            """CREATE TABLE public."50% :a $1" AS SELECT '% :b __[SCHEMA_x]' AS "c%%" """
        )
        return [tuple(row) for row in session.fetch('SELECT "c%%" FROM public."50% :a $1"')]

    assert hub.run(work) == [("% :b __[SCHEMA_x]",)]


def test_a_transaction_within_a_transaction_is_a_savepoint(hub) -> None:
    def work(connection: sa.Connection) -> object:
        session = SqlalchemyConnection(connection)
        session.execute("CREATE TABLE t (n integer)")
        with session.transaction():
            session.execute("INSERT INTO t VALUES (1)")
        with suppress(ZeroDivisionError), session.transaction():
            session.execute("INSERT INTO t VALUES (2)")
            with session.transaction():
                session.execute("INSERT INTO t VALUES (3)")
            raise ZeroDivisionError
        return [tuple(row) for row in session.fetch("SELECT n FROM t")]

    assert hub.run(work) == [(1,)]


def test_a_transaction_is_one_also_where_the_engine_commits_by_itself(database, make_hub) -> None:
    for driver in ("psycopg", "psycopg2", "asyncpg", "psycopg_async"):
        hub = make_hub(driver, isolation_level="AUTOCOMMIT")

        def work(connection: sa.Connection) -> object:
            session = SqlalchemyConnection(connection)
            session.execute("CREATE TABLE t (n integer)")
            with suppress(ZeroDivisionError), session.transaction():
                session.execute("INSERT INTO t VALUES (1)")
                raise ZeroDivisionError
            with session.transaction():
                session.execute("INSERT INTO t VALUES (2)")
                with suppress(ZeroDivisionError), session.transaction():
                    session.execute("INSERT INTO t VALUES (3)")
                    raise ZeroDivisionError
                session.execute_secret("SELECT set_config('exclave.x', $1, true)", SECRET)
                ((value,),) = session.fetch("SELECT current_setting('exclave.x')")
            ((gone,),) = session.fetch("SELECT current_setting('exclave.x')")
            return value, gone, [tuple(row) for row in session.fetch("SELECT n FROM t")]

        assert hub.run(work) == (SECRET, "", [(2,)])
        with database.connect() as connection:
            connection.execute("DROP TABLE t")


def test_a_first_statement_with_a_secret_begins_a_transaction(hub) -> None:
    def work(connection: sa.Connection) -> object:
        session = SqlalchemyConnection(connection)
        session.execute_secret("SELECT set_config('exclave.x', $1, false)", SECRET)
        assert connection.in_transaction()
        return session.fetch("SELECT current_setting('exclave.x')")[0][0]

    assert hub.run(work) == SECRET


def test_a_secret_leaves_no_trace_in_log_events_or_exceptions(make_hub, caplog) -> None:
    seen: list[str] = []
    for driver in ("psycopg", "psycopg2", "asyncpg", "psycopg_async"):
        hub = make_hub(driver, echo="debug")
        engine = getattr(hub.engine, "sync_engine", hub.engine)
        for name in ("before_cursor_execute", "after_cursor_execute"):

            def listen(conn, cursor, statement, parameters, context, executemany) -> None:
                del conn, cursor, context, executemany
                seen.append(f"{statement} {parameters!r}")

            sa.event.listen(engine, name, listen)

        def work(connection: sa.Connection) -> ApplyError:
            session = SqlalchemyConnection(connection)
            session.execute_secret("SELECT set_config('exclave.x', $1, true)", "hunter2")
            with pytest.raises(ApplyError) as caught, session.transaction():
                session.execute_secret("SELECT CAST($1 AS integer)", "hunter2")
            return caught.value

        with caplog.at_level(logging.DEBUG):
            error = hub.run(work)
        assert error.sqlstate == "22P02" or driver == "asyncpg"
        assert error.__cause__ is None
        assert error.__context__ is None
        assert "hunter2" not in repr(error) + str(error)
    assert seen
    assert "hunter2" not in caplog.text
    assert "hunter2" not in "".join(seen)


def test_errors_of_every_driver_give_their_sqlstate_and_message(hub) -> None:
    def work(connection: sa.Connection) -> tuple[str | None, str]:
        session = SqlalchemyConnection(connection)
        with pytest.raises(exc.DBAPIError) as caught, session.transaction():
            session.execute("CREATE SERVER s FOREIGN DATA WRAPPER nothing")
        return session.sqlstate(caught.value), session.message(caught.value)

    state, message = hub.run(work)
    assert state == "42704"
    assert message == 'foreign-data wrapper "nothing" does not exist'


def test_detail_and_hint_belong_to_the_message(hub) -> None:
    raising = """DO $x$ BEGIN RAISE EXCEPTION 'm %', 1 USING DETAIL = 'd', HINT = 'h'; END $x$"""

    def work(connection: sa.Connection) -> str:
        session = SqlalchemyConnection(connection)
        with pytest.raises(exc.DBAPIError) as caught, session.transaction():
            session.execute(raising)
        return session.message(caught.value)

    assert hub.run(work) == "m 1\nd\nh"


def test_another_exception_has_no_sqlstate(engine) -> None:
    with engine.connect() as connection:
        session = SqlalchemyConnection(connection)
        assert session.sqlstate(ValueError("x")) is None
        assert session.message(ValueError("x")) == "x"


def test_the_catalog_reads_the_same_over_every_driver(database, hub) -> None:
    with database.connect() as connection:
        connection.execute("CREATE EXTENSION postgres_fdw")
        connection.execute(
            "CREATE SERVER \"s%\" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '%')"
        )
        connection.execute("CREATE FOREIGN TABLE t (a integer[] DEFAULT '{1}') SERVER \"s%\"")
        expected = catalog.read(connection)

    def work(connection: sa.Connection) -> catalog.Snapshot:
        return catalog.read(SqlalchemyConnection(connection))

    assert hub.run(work) == expected


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_a_parameter_that_the_session_cannot_encode_says_what_to_do(
    make_hub: Callable[..., Any], driver: str
) -> None:
    narrow = make_hub(driver, connect_args={"client_encoding": "latin1"})

    def work(connection: sa.Connection) -> None:
        session = SqlalchemyConnection(connection)
        for ask in (session.fetch, session.select):
            with pytest.raises(CatalogError, match=r"'☃' is no character.*SET client_encoding"):
                ask("SELECT $1::text", ["on ☃"])
        assert [tuple(row) for row in session.fetch("SELECT $1::text", ["on é"])] == [("on é",)]

    narrow.run(work)


@pytest.mark.parametrize("make", [object, lambda: sa.create_engine("sqlite://").connect()])
def test_what_is_no_connection_to_postgresql_is_refused(make: Callable[[], object]) -> None:
    connection = make()
    try:
        with pytest.raises(CatalogError):
            SqlalchemyConnection(connection)  # type: ignore[arg-type]
    finally:
        if isinstance(connection, sa.Connection):
            connection.close()
            connection.engine.dispose()
