"""Arrow data that is not what it says is an error, and never the end of the server."""

from __future__ import annotations

import os

import psycopg
import pytest
from psycopg import sql

SEEDS = int(os.environ.get("EXCLAVE_TEST_MALFORMED", "100"))


TABLES = {
    "flat": "a bigint, b text",
    "nested": "list bigint[], texts text[], fixed int[], view int[], pair pair, dictionary text,"
    " string text",
}


@pytest.mark.parametrize("shape", TABLES)
def test_malformed_batches_are_errors(connection: psycopg.Connection, shape: str) -> None:
    connection.execute("SELECT exclave.create_wrapper('malformed', 'malformed:Malformed')")
    connection.execute("CREATE SERVER malformed FOREIGN DATA WRAPPER malformed")
    connection.execute("CREATE TYPE pair AS (a bigint, b text)")
    connection.execute(
        sql.SQL(
            "CREATE FOREIGN TABLE m ({}) SERVER malformed OPTIONS (seed '0', nested {})"
        ).format(sql.SQL(TABLES[shape]), str(shape == "nested").lower())
    )
    for seed in range(SEEDS):
        connection.execute(sql.SQL("ALTER FOREIGN TABLE m OPTIONS (SET seed {})").format(str(seed)))
        with pytest.raises(psycopg.Error) as error:
            connection.execute("SELECT * FROM m")
        assert error.value.sqlstate in ("HV021", "HV00L"), (seed, error.value)
    assert connection.execute("SELECT 1").fetchone() == (1,)
