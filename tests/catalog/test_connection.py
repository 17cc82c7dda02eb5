"""What the engine asks of a connection, and how psycopg gives it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import rows

from exclave.catalog import Connection, PsycopgConnection, connection_of, read
from exclave.cluster import Cluster, Database
from exclave.errors import CatalogError, SecretError


@pytest.fixture
def session(cluster: Cluster) -> Iterator[Connection]:
    """A psycopg connection as the engine sees it."""
    with cluster.connect() as connection:
        yield connection_of(connection)


def test_percent_and_colon_mean_what_they_mean_to_postgresql(session: Connection) -> None:
    (row,) = session.fetch("SELECT 7 % 4, '%s %(a)s %', ':name', '1'::int + $1", [2])
    assert tuple(row) == (3, "%s %(a)s %", ":name", 3)
    session.execute("CREATE TEMPORARY TABLE \"100%\" AS SELECT '%s' AS a")
    assert session.fetch('SELECT a FROM "100%"') == [("%s",)]


@pytest.mark.parametrize("factory", [rows.dict_row, rows.namedtuple_row, rows.scalar_row])
def test_the_row_factory_of_the_connection_does_not_matter(
    database: Database, factory: rows.RowFactory[object]
) -> None:
    with database.connect(row_factory=factory) as connection:
        assert read(connection).catalog.schemas
        assert connection.row_factory is factory


def fail(session: Connection) -> None:
    with session.transaction():
        session.execute("CREATE TEMPORARY TABLE undone (a int)")
        session.fetch("SELECT 1 / 0")


def test_a_failure_inside_a_transaction_undoes_that_one_only(session: Connection) -> None:
    with session.transaction():
        session.execute("CREATE TEMPORARY TABLE kept (a int)")
        with pytest.raises(psycopg.errors.DivisionByZero):
            fail(session)
    (row,) = session.fetch("SELECT to_regclass('kept'), to_regclass('undone')")
    assert [value is None for value in row] == [False, True]


def test_errors_give_their_sqlstate_and_message_without_the_statement(session: Connection) -> None:
    with pytest.raises(psycopg.Error) as caught:
        session.execute("SELECT 'hush', * FROM missing")
    assert session.sqlstate(caught.value) == "42P01"
    assert session.message(caught.value) == 'relation "missing" does not exist'
    assert session.sqlstate(ValueError("x")) is None
    assert session.message(ValueError("x")) == "x"


def test_a_secret_is_a_parameter(session: Connection) -> None:
    session.execute_secret("SELECT set_config('exclave.test', $1, false)", "it's")
    assert session.fetch("SELECT current_setting('exclave.test')") == [("it's",)]


def test_a_secret_that_the_session_cannot_encode_stays_unseen(database: Database) -> None:
    with database.connect(client_encoding="latin1") as connection:
        with pytest.raises(SecretError, match="client_encoding") as caught:
            connection_of(connection).execute_secret("SELECT $1::text", "s3cr3t ☃")
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None
        assert not {"s3cr3t", "2603"} & set(re.findall(r"\w+", repr(caught.value)))


def test_a_parameter_that_the_session_cannot_encode_says_what_to_do(database: Database) -> None:
    with database.connect(client_encoding="latin1") as connection:
        session = connection_of(connection)
        for ask in (session.fetch, session.select):
            with pytest.raises(CatalogError, match=r"'☃' is no character.*SET client_encoding"):
                ask("SELECT $1::text", ["on ☃"])
        assert session.fetch("SELECT $1::text", ["on é"]) == [("on é",)]


def test_what_has_the_methods_is_a_connection_already(session: Connection) -> None:
    assert connection_of(session) is session
    assert isinstance(session, PsycopgConnection)


@pytest.mark.parametrize("wrong", [None, 3, "host=localhost", object()])
def test_anything_else_is_refused_with_its_type(wrong: object) -> None:
    with pytest.raises(CatalogError, match=type(wrong).__name__):
        connection_of(wrong)


def test_importing_the_catalog_does_not_import_psycopg() -> None:
    program = "import exclave.catalog, sys; print('psycopg' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


def test_a_database_without_an_encoding_is_refused_with_what_to_do(cluster: Cluster) -> None:
    with cluster.connect() as connection:
        connection.execute(
            "CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"
        )
    try:
        with cluster.connect("ascii") as connection:
            with pytest.raises(CatalogError, match="SET client_encoding = 'UTF8'"):
                read(connection)
            connection.execute("SET client_encoding = 'UTF8'")
            connection.execute('CREATE SCHEMA "é"')
            assert set(read(connection).catalog.schemas) == {"public", "é"}
    finally:
        cluster.drop_database("ascii")
