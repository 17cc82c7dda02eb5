"""A read is of one moment, inside the caller's transaction, and leaves no trace."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from exclave.catalog import read
from exclave.cluster import Database
from exclave.errors import CatalogError


@pytest.fixture
def hub(database: Database) -> Database:
    """A database with a foreign table."""
    with database.connect() as connection:
        connection.execute("CREATE FOREIGN DATA WRAPPER any_fdw")
        connection.execute("CREATE SERVER s FOREIGN DATA WRAPPER any_fdw")
        connection.execute("CREATE FOREIGN TABLE t (a int) SERVER s")
    return database


def search_path(connection: psycopg.Connection) -> str:
    row = connection.execute("SHOW search_path").fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("autocommit", [True, False])
def test_no_transaction_is_left_open(hub: Database, autocommit: bool) -> None:
    with hub.connect(autocommit=autocommit) as connection:
        read(connection)
        assert connection.info.transaction_status == TransactionStatus.IDLE


def test_own_uncommitted_changes_are_seen(hub: Database) -> None:
    with hub.connect(autocommit=False) as connection:
        connection.execute("CREATE FOREIGN TABLE mine (a int) SERVER s")
        connection.execute("DROP FOREIGN TABLE t")
        assert set(read(connection).catalog.foreign_tables) == {("public", "mine")}
        assert connection.info.transaction_status == TransactionStatus.INTRANS
        connection.rollback()
        assert set(read(connection).catalog.foreign_tables) == {("public", "t")}


def test_a_read_only_transaction_will_do(hub: Database) -> None:
    with hub.connect(autocommit=False) as connection:
        connection.execute("SET TRANSACTION READ ONLY")
        assert read(connection).catalog.foreign_tables


def test_the_search_path_stays_as_it_was(hub: Database) -> None:
    path = '"$user", "a,b", pg_temp'
    with hub.connect(autocommit=False) as connection:
        connection.execute(f"SET search_path = {path}".encode())
        connection.commit()
        read(connection)
        assert search_path(connection) == path
        connection.execute("SET LOCAL search_path = ''")
        read(connection)
        assert search_path(connection) == '""'
        connection.commit()
        assert search_path(connection) == path


def test_a_search_path_set_in_the_open_transaction_survives_it(hub: Database) -> None:
    with hub.connect(autocommit=False) as connection:
        connection.execute("SET search_path = elsewhere")
        read(connection)
        connection.commit()
        assert search_path(connection) == "elsewhere"


def test_an_operator_on_the_search_path_is_not_called(hub: Database) -> None:
    with hub.connect() as connection:
        connection.execute("CREATE SCHEMA trap")
        for type_ in ("name", "text", "oid"):
            connection.execute(
                f"CREATE FUNCTION trap.f({type_}, {type_}) RETURNS bool LANGUAGE plpgsql AS "
                f"$$BEGIN RAISE 'trapped'; END$$".encode()
            )
            connection.execute(
                f"CREATE OPERATOR trap.= (LEFTARG = {type_}, RIGHTARG = {type_}, "
                f"FUNCTION = trap.f)".encode()
            )
        connection.execute("CREATE TABLE trap.pg_class (a int)")
        connection.execute("SET search_path = trap, pg_catalog")
        assert set(read(connection).catalog.foreign_tables) == {("public", "t")}


def test_all_is_of_one_moment_although_another_session_commits_meanwhile(hub: Database) -> None:
    with hub.connect(autocommit=False) as reader, hub.connect() as writer:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        before = read(reader).catalog
        writer.execute("CREATE FOREIGN TABLE later (a int) SERVER s")
        assert read(reader).catalog == before


def test_a_refusal_is_a_catalog_error_with_postgresqls_message(hub: Database) -> None:
    with hub.connect(autocommit=False) as connection:
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT 1/0")
        with pytest.raises(CatalogError, match="current transaction is aborted"):
            read(connection)


def test_what_is_no_connection_is_refused() -> None:
    with pytest.raises(CatalogError, match=r"builtins\.str is no connection"):
        read("postgresql://localhost")
