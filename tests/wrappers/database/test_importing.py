"""IMPORT FOREIGN SCHEMA reads tables of other databases: types, keys, NOT NULL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.wrappers.database.remotes import Remote

from exclave.cluster import Database
from exclave.wrappers.database.types import LocalType, local_type

OPTIONS_OF = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull, attfdwoptions @> '{key=true}'
FROM pg_attribute WHERE attrelid = 'stock'::regclass AND attnum > 0 ORDER BY attnum
"""
NATIVE = {
    "sqlite": 'CREATE TABLE stock ("Id" INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL,'
    " price NUMERIC(10, 2), at DATETIME, raw BLOB, odd)",
    "mariadb": "CREATE TABLE stock (`Id` INT UNSIGNED PRIMARY KEY, name VARCHAR(20) NOT NULL,"
    " price DECIMAL(10,2), at DATETIME(6), raw LONGBLOB, odd ENUM('a', 'b'))",
    "postgresql": 'CREATE TABLE stock ("Id" bigint PRIMARY KEY, name varchar(20) NOT NULL,'
    " price numeric(10,2), at timestamp, raw bytea, odd mood)",
    "duckdb": 'CREATE TABLE stock ("Id" BIGINT PRIMARY KEY, name VARCHAR NOT NULL,'
    ' price DECIMAL(10,2), "at" TIMESTAMP, raw BLOB, odd STRUCT(a INTEGER))',
}

ODD = {"duckdb": "UPDATE stock SET odd = {'a': 1}"}


@pytest.fixture
def stocked(wrapper: psycopg.Connection, remote: Remote) -> psycopg.Connection:
    """A connection to a database with a server whose tables are to be imported."""
    wrapper.execute("DROP SERVER IF EXISTS other CASCADE")
    for statement in ("DROP VIEW IF EXISTS seen", "DROP TABLE IF EXISTS stock",
                      "DROP TABLE IF EXISTS other_one"):  # fmt: skip
        remote.rows(statement)
    if remote.kind == "postgresql":
        remote.rows("DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('a', 'b')")
    for statement in (NATIVE[remote.kind], "CREATE TABLE other_one (id bigint)",
                      "CREATE VIEW seen AS SELECT name FROM stock"):  # fmt: skip
        remote.rows(statement)
    remote.connect(wrapper)
    return wrapper


def tables(connection: psycopg.Connection) -> set[str]:
    """Name the foreign tables of the server."""
    found = connection.execute(
        "SELECT ftrelid::regclass::text FROM pg_foreign_table JOIN pg_foreign_server s"
        " ON s.oid = ftserver WHERE srvname = 'other'"
    )
    return {name for (name,) in found}


def test_a_schema_is_imported(stocked: psycopg.Connection, remote: Remote) -> None:
    stocked.execute(f"IMPORT FOREIGN SCHEMA {remote.schema} FROM SERVER other INTO public".encode())
    assert tables(stocked) >= {"stock", "other_one", "seen"}
    columns = stocked.execute(OPTIONS_OF).fetchall()
    name, *others = columns[1:]
    assert columns[0][0:2] == ("Id", "bigint")
    assert columns[0][3]
    tells = "postgresql" not in remote.server.get("driver", "")  # that driver does not
    price = "numeric(10,2)" if tells and remote.kind != "sqlite" else "numeric"
    assert name == ("name", "text", tells, False)
    assert [(column[0], column[1]) for column in others] == [
        ("price", price), ("at", "timestamp without time zone"), ("raw", "bytea"), ("odd", "text"),
    ]  # fmt: skip
    insert = """INSERT INTO stock ("Id", name, price, at, raw)"""
    stocked.execute(f"{insert} VALUES (7, 'tea', 1.25, '2024-02-29 12:00', '\\x00ff')".encode())
    assert stocked.execute("""SELECT "Id", name, price, at::text, raw FROM stock""").fetchall() == [
        (7, "tea", pytest.approx(1.25), "2024-02-29 12:00:00", b"\0\xff")
    ]
    assert stocked.execute("SELECT * FROM seen").fetchall() == [("tea",)]
    remote.rows(ODD.get(remote.kind, "UPDATE stock SET odd = 'a'"))
    assert "a" in str(stocked.execute("SELECT odd FROM stock").fetchone())


def test_collations_domains_and_identities_are_imported(
    wrapper: psycopg.Connection, other_postgresql: Database
) -> None:
    remote = Remote.of_postgresql(other_postgresql, adbc=False)
    wrapper.execute("DROP SERVER IF EXISTS other CASCADE")
    remote.rows("DROP TABLE IF EXISTS names; DROP DOMAIN IF EXISTS positive")
    remote.rows("CREATE DOMAIN positive AS int CHECK (VALUE > 0)")
    remote.rows(
        "CREATE TABLE names (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
        ' name text COLLATE "C", code char(5), size positive, tags text[], at date)'
    )
    remote.rows("INSERT INTO names VALUES (DEFAULT, 'a', 'b', 1, '{x}', 'infinity')")
    remote.connect(wrapper)
    wrapper.execute("IMPORT FOREIGN SCHEMA public LIMIT TO (names) FROM SERVER other INTO public")
    query = "SELECT id, name, size, tags, at::text FROM names WHERE code = 'b' AND code <> 'b    '"
    assert wrapper.execute(query).fetchall() == [(1, "a", "1", ["x"], "infinity")]
    wrapper.execute("UPDATE names SET size = '2'")
    assert remote.rows("SELECT size FROM names") == [(2,)]


def test_some_tables_are_imported(stocked: psycopg.Connection, remote: Remote) -> None:
    start = f"IMPORT FOREIGN SCHEMA {remote.schema} "
    end = " FROM SERVER other INTO public OPTIONS (views 'false', not_null 'false')"
    stocked.execute((start + "LIMIT TO (stock, nothing)" + end).encode())
    assert tables(stocked) == {"stock"}
    assert not any(not_null for _, _, not_null, _ in stocked.execute(OPTIONS_OF).fetchall())
    stocked.execute("DROP FOREIGN TABLE stock")
    stocked.execute((start + "EXCEPT (stock)" + end).encode())
    assert "other_one" in tables(stocked)
    assert not {"stock", "seen"} & tables(stocked)


def test_a_schema_that_is_not_there_is_an_error(stocked: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.FdwSchemaNotFound, match="nowhere"):
        stocked.execute("IMPORT FOREIGN SCHEMA nowhere FROM SERVER other INTO public")


@pytest.mark.parametrize(
    ("backend", "remote", "local"),
    [
        ("mysql", "BIGINT(20) UNSIGNED", LocalType("numeric")),
        ("mysql", "VARCHAR(20) COLLATE utf8mb4_bin", LocalType("text")),
        ("mysql", "TIMESTAMP", LocalType("timestamptz")),
        ("mysql", "GEOMETRY", LocalType("text", alike=False)),
        ("sqlite", "", LocalType("text", alike=False)),
        ("sqlite", "INTEGER", LocalType("bigint")),
        ("postgresql", "TIMESTAMP(3) WITH TIME ZONE", LocalType("timestamptz")),
        ("postgresql", "NUMERIC(10, 2)[]", LocalType("numeric(10,2)[]")),
        ("postgresql", "CITEXT", LocalType("text", alike=False)),
        ("duckdb", "UTINYINT", LocalType("smallint")),
        ("duckdb", "MAP(VARCHAR, INTEGER)", LocalType("text", alike=False)),
        ("oracle", "NUMBER(10, 2)", LocalType("text", alike=False)),
    ],
)
def test_types_have_one_table(backend: str, remote: str, local: Any) -> None:
    assert local_type(remote, backend) == local


def test_more_digits_than_postgresql_has_lose_no_row(
    wrapper: psycopg.Connection, folder: Path
) -> None:
    remote = Remote.of_duckdb(folder / "ns.duckdb")
    wrapper.execute("DROP SERVER IF EXISTS other CASCADE")
    remote.rows("CREATE TABLE moments (moment TIMESTAMP_NS)")
    remote.rows("INSERT INTO moments VALUES ('2020-01-01 00:00:00.123456789')")
    remote.connect(wrapper)
    wrapper.execute("IMPORT FOREIGN SCHEMA main FROM SERVER other INTO public")
    query = "SELECT moment::text FROM moments WHERE moment = '2020-01-01 00:00:00.123456'"
    assert wrapper.execute(query).fetchall() == [("2020-01-01 00:00:00.123456",)]
