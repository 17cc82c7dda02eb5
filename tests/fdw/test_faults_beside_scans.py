"""Faults in IMPORT FOREIGN SCHEMA, ANALYZE and EXPLAIN: SQL errors, and the session goes on."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

WHERE = {
    "import": "IMPORT FOREIGN SCHEMA x FROM SERVER failing INTO public",
    "second table": "IMPORT FOREIGN SCHEMA x FROM SERVER failing INTO public",
    "analyze": "ANALYZE f",
    "sample": "ANALYZE f",
    "explain": "EXPLAIN SELECT * FROM f",
}
HOW = {
    "value": "HV000",
    "exit": "HV000",
    "interrupt": "HV000",
    "memory": "53200",
    "recursion": "54001",
    "name": "HV00N",
    "loop": "57014",
    "stubborn": "57014",
}


def failing(connection: psycopg.Connection, where: str, how: str) -> None:
    query = 'ALTER SERVER failing OPTIONS (SET "where" {}, SET how {})'
    connection.execute(sql.SQL(query).format(where, how))


def test_whatever_is_raised_wherever_is_an_error(connection: psycopg.Connection) -> None:
    connection.execute("SELECT exclave.create_wrapper('failing', 'trial_imports:Failing')")
    connection.execute(
        "CREATE SERVER failing FOREIGN DATA WRAPPER failing OPTIONS (\"where\" '', how '')"
    )
    connection.execute("CREATE FOREIGN TABLE f (a int) SERVER failing")
    for where, statement in WHERE.items():
        for how, state in HOW.items():
            failing(connection, where, how)
            connection.execute(
                sql.SQL("SET statement_timeout = {}").format("300ms" if state == "57014" else "0")
            )
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(sql.SQL(statement))
            connection.execute("SET statement_timeout = 0")
            assert refused.value.sqlstate == state, (where, how, refused.value)
    failing(connection, "label", "")
    with pytest.raises(psycopg.errors.FdwError, match="no text"):
        connection.execute("EXPLAIN SELECT * FROM f")
    failing(connection, "nowhere", "")
    for statement in ("ANALYZE f", "EXPLAIN SELECT * FROM f", WHERE["import"]):
        connection.execute(sql.SQL(statement))
    assert connection.execute("SELECT reltuples FROM pg_class WHERE relname = 'f'").fetchone() == (
        3.0,
    )
