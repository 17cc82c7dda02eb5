"""The wrapper of the article "Common information about FDW interfaces", in Python."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Cluster, fresh_database

WRAPPER = "CREATE FOREIGN DATA WRAPPER mufdw HANDLER mufdw_handler VALIDATOR mufdw_validator;"
EXTENSION = "CREATE EXTENSION mufdw;"
SERVER = "CREATE SERVER loopback FOREIGN DATA WRAPPER mufdw;"
MAPPING = "CREATE USER MAPPING FOR PUBLIC SERVER loopback;"
PLAYERS = (
    "CREATE TABLE players(id int primary key, nick text, score int);"
    " INSERT INTO players SELECT i, 'nick_'||i, i*10 from generate_series(1,10) i;"
)
F_PLAYERS = (
    "CREATE FOREIGN TABLE f_players (id int, nick text, score int) server loopback"
    " options (table_name 'players', schema_name 'public');"
)
ROWS = [(i, f"nick_{i}", i * 10) for i in range(1, 11)]
"""What the article shows for ``SELECT * FROM players ;``."""

REFUSED = [
    "CREATE FOREIGN TABLE f_players (id int, nick text, score int) server loopback;",
    "CREATE FOREIGN TABLE f_players (id int, nick text, score int) server loopback"
    " options (table_name 'players');",
    "CREATE FOREIGN TABLE f_players (id int, nick text, score int) server loopback"
    " options (schema_name 'public');",
    "CREATE FOREIGN TABLE f_players (id int, nick text, score int) server loopback"
    " options (table_name 'players', schema_name 'public', blah 'foo');",
]
FILTERED = "SELECT * FROM f_players WHERE id > 5 ORDER BY id;"
PLAN = [
    "Sort",
    "  Output: id, nick, score",
    "  Sort Key: f_players.id",
    "  ->  Foreign Scan on public.f_players",
    "        Output: id, nick, score",
    "        Filter: (f_players.id > 5)",
]
"""What the wrapper in C shows for EXPLAIN (VERBOSE, COSTS OFF) of that."""


@pytest.fixture
def empty(host_cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A connection to a database without any extension."""
    with fresh_database(host_cluster) as database, database.connect() as connection:
        yield connection


def run(connection: psycopg.Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(sql.SQL(statement))


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(sql.SQL(query)).fetchall()


def test_the_statements_of_the_article_run_after_create_extension(
    empty: psycopg.Connection,
) -> None:
    run(empty, EXTENSION, SERVER, MAPPING, PLAYERS, F_PLAYERS)
    assert rows(empty, "SELECT * FROM players ;") == ROWS
    assert rows(empty, "SELECT * FROM f_players ;") == ROWS
    extensions = rows(empty, "SELECT extname FROM pg_extension ORDER BY 1")
    assert extensions == [("mufdw",), ("plpgsql",)]


def test_the_statements_of_the_article_run_where_only_the_functions_exist(
    empty: psycopg.Connection,
) -> None:
    run(
        empty, EXTENSION,
        "ALTER EXTENSION mufdw DROP FUNCTION mufdw_handler()",
        "ALTER EXTENSION mufdw DROP FUNCTION mufdw_validator(text[], oid)",
        "DROP EXTENSION mufdw",
    )  # fmt: skip
    assert rows(empty, "SELECT count(*) FROM pg_foreign_data_wrapper") == [(0,)]
    run(empty, WRAPPER, SERVER, MAPPING, PLAYERS, F_PLAYERS)
    assert rows(empty, "SELECT * FROM players ;") == ROWS
    assert rows(empty, "SELECT * FROM f_players ;") == ROWS


def test_it_is_there_beside_the_extension_of_the_host(empty: psycopg.Connection) -> None:
    run(empty, "CREATE EXTENSION exclave_fdw", EXTENSION, SERVER, PLAYERS, F_PLAYERS)
    run(empty, "DROP EXTENSION exclave_fdw")
    assert rows(empty, "SELECT * FROM f_players") == ROWS


def test_what_the_wrapper_in_c_refuses_and_shows(empty: psycopg.Connection) -> None:
    run(empty, EXTENSION, SERVER, MAPPING, PLAYERS)
    for refused in REFUSED:
        with pytest.raises(psycopg.Error):
            run(empty, refused)
        assert rows(empty, "SELECT count(*) FROM pg_foreign_table") == [(0,)]
    run(empty, F_PLAYERS)
    shown = [row[0] for row in rows(empty, "EXPLAIN (VERBOSE, COSTS OFF) " + FILTERED)]
    assert [line for line in shown if "Python" not in str(line)] == PLAN
    assert rows(empty, FILTERED) == ROWS[5:]


def test_a_reader_reads_what_he_may(empty: psycopg.Connection) -> None:
    run(empty, EXTENSION, SERVER, MAPPING, PLAYERS, F_PLAYERS)
    run(empty, "CREATE ROLE mufdw_reader", "CREATE ROLE mufdw_owner")
    try:
        run(
            empty,
            "GRANT SELECT ON f_players TO mufdw_reader, mufdw_owner",
            "GRANT SELECT ON players TO mufdw_owner",
            "CREATE VIEW through AS SELECT * FROM f_players",
            "ALTER VIEW through OWNER TO mufdw_owner",
            "CREATE VIEW as_caller WITH (security_invoker) AS SELECT * FROM f_players",
            "GRANT SELECT ON through, as_caller TO mufdw_reader",
            "SET ROLE mufdw_reader",
        )
        for refused in ("f_players", "as_caller", "players"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="table players"):
                rows(empty, f"SELECT * FROM {refused}")  # noqa: S608
        assert rows(empty, "SELECT * FROM through") == ROWS
        run(empty, "RESET ROLE", "SET ROLE mufdw_owner")
        assert rows(empty, "SELECT * FROM f_players") == ROWS
    finally:
        run(empty, "RESET ROLE", "DROP OWNED BY mufdw_reader, mufdw_owner CASCADE")
        run(empty, "DROP ROLE mufdw_reader, mufdw_owner")


def test_a_declared_type_that_is_not_the_sources_is_converted_or_an_error(
    empty: psycopg.Connection,
) -> None:
    run(empty, EXTENSION, SERVER, MAPPING, PLAYERS)
    run(
        empty,
        "CREATE FOREIGN TABLE other (score bigint, nick int, id text) SERVER loopback"
        " OPTIONS (schema_name 'public', table_name 'players')",
    )
    assert rows(empty, "SELECT id, score FROM other WHERE score > 90") == [("10", 100)]
    with pytest.raises(psycopg.errors.DatatypeMismatch, match='column "nick" is of type integer'):
        rows(empty, "SELECT * FROM other")


def test_a_dump_brings_it_back(host_cluster: Cluster) -> None:
    installation = host_cluster.installation
    with fresh_database(host_cluster) as dumped:
        with dumped.connect() as connection:
            run(connection, EXTENSION, SERVER, MAPPING, PLAYERS, F_PLAYERS)
        dump = subprocess.run(
            [installation.program("pg_dump"), dumped.dsn],
            env=installation.environment(), capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    with fresh_database(host_cluster) as restored:
        subprocess.run(
            [installation.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", restored.dsn],
            env=installation.environment(), input=dump, capture_output=True, text=True, check=True,
        )  # fmt: skip
        with restored.connect() as connection:
            assert rows(connection, "SELECT * FROM public.f_players") == ROWS


def test_schemas_are_imported(empty: psycopg.Connection) -> None:
    run(empty, EXTENSION, SERVER, PLAYERS)
    run(
        empty,
        "CREATE TYPE mood AS ENUM ('low', 'high')",
        'CREATE VIEW "A view" AS SELECT id, \'low\'::mood AS "its mood" FROM players',
        'CREATE TABLE c (a varchar(5) COLLATE "C" NOT NULL, b numeric(5,2)[], gone int)',
        "ALTER TABLE c DROP gone",
        "INSERT INTO c VALUES ('x', '{1.25}')",
        "CREATE TABLE none ()",
        "CREATE SCHEMA copies",
        "CREATE SCHEMA nothing",
        "IMPORT FOREIGN SCHEMA nothing FROM SERVER loopback INTO copies",
        "IMPORT FOREIGN SCHEMA public FROM SERVER loopback INTO copies",
    )
    assert rows(empty, "SELECT * FROM copies.players") == ROWS
    assert rows(empty, 'SELECT "its mood" FROM copies."A view" WHERE id = 1') == [("low",)]
    assert rows(empty, "SELECT a, b::text FROM copies.c") == [("x", "{1.25}")]
    made = "SELECT attname::text, format_type(atttypid, atttypmod), attnotnull, collname::text"
    made += " FROM pg_attribute JOIN pg_collation o ON o.oid = attcollation"
    assert rows(empty, made + " WHERE attrelid = 'copies.c'::regclass") == [
        ("a", "character varying(5)", True, "C")
    ]
    assert rows(empty, "SELECT count(*) FROM copies.none") == [(0,)]
    with pytest.raises(psycopg.errors.FdwNoSchemas, match='no schema "missing"'):
        run(empty, "IMPORT FOREIGN SCHEMA missing FROM SERVER loopback INTO copies")
