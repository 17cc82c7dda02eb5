"""A statement that writes to what it scans: rows that it writes do not come up in its scan."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from tests.fdw.writes.tables import rows, table


@pytest.fixture(params=["Store", "Snapshots", "Streams", "Lists"])
def written(store: psycopg.Connection, request: pytest.FixtureRequest) -> psycopg.Connection:
    """A connection with a table of 150 rows, of a class that scans in its own way."""
    name = "other_store"
    store.execute("SELECT exclave.create_wrapper(%s, %s)", [name, f"trial_writes:{request.param}"])
    store.execute("DROP SERVER store CASCADE")
    store.execute(
        sql.SQL("CREATE SERVER store FOREIGN DATA WRAPPER {}").format(sql.Identifier(name))
    )
    table(store, "t", "id bigint, part bigint", key="id", batch="7")
    store.execute("INSERT INTO t SELECT i, i % 2 FROM generate_series(1, 150) AS i")
    return store


def test_inserted_rows_are_not_scanned(written: psycopg.Connection) -> None:
    assert written.execute("INSERT INTO t SELECT id + 1000, part FROM t").rowcount == 150
    assert rows(written, "SELECT count(*), count(DISTINCT id) FROM t") == [(300, 300)]


def test_changed_rows_are_not_changed_again(written: psycopg.Connection) -> None:
    assert written.execute("UPDATE t SET id = id + 1000 WHERE id < 2000").rowcount == 150
    assert rows(written, "SELECT min(id), max(id) FROM t") == [(1001, 1150)]


def test_no_row_is_missed_as_others_are_removed(written: psycopg.Connection) -> None:
    assert written.execute("DELETE FROM t WHERE part = 1").rowcount == 75
    moved = "WITH gone AS (DELETE FROM t RETURNING id) INSERT INTO t SELECT id, 5 FROM gone"
    assert written.execute(moved).rowcount == 75
    assert rows(written, "SELECT count(*), min(part), max(part) FROM t") == [(75, 5, 5)]


def test_other_tables_over_the_same_source_count_too(written: psycopg.Connection) -> None:
    written.execute("CREATE FOREIGN TABLE again (id bigint, part bigint) SERVER store "
                    "OPTIONS (store 't', batch '1')")  # fmt: skip
    assert written.execute("INSERT INTO again SELECT id + 1000, part FROM t").rowcount == 150


def test_partitions_count_too(store: psycopg.Connection) -> None:
    store.execute("CREATE TABLE p (town text, id int) PARTITION BY LIST (town)")
    store.execute("CREATE FOREIGN TABLE far PARTITION OF p FOR VALUES IN ('far') SERVER store "
                  "OPTIONS (store 'far', batch '1')")  # fmt: skip
    store.execute("INSERT INTO p SELECT 'far', i FROM generate_series(1, 30) AS i")
    assert store.execute("INSERT INTO p SELECT * FROM far").rowcount == 30
    assert store.execute("INSERT INTO p SELECT * FROM p").rowcount == 60
    store.execute("CREATE FOREIGN TABLE again (town text, id int) SERVER store "
                  "OPTIONS (store 'far')")  # fmt: skip
    assert store.execute("INSERT INTO p SELECT * FROM again").rowcount == 120
