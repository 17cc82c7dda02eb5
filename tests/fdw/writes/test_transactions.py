"""What is written is undone with its transaction or savepoint, by the session of the class."""

from __future__ import annotations

import psycopg
import pytest
from tests.fdw.writes.tables import rows, table


def test_a_transaction_is_undone(store: psycopg.Connection) -> None:
    table(store, "t", "id int, label text", key="id")
    store.execute("INSERT INTO t VALUES (1, 'a')")
    with store.transaction(force_rollback=True):
        store.execute("INSERT INTO t VALUES (2, 'b')")
        store.execute("UPDATE t SET label = 'x'")
        store.execute("DELETE FROM t WHERE id = 1")
        assert rows(store, "SELECT * FROM t") == [(2, "x")]
    assert rows(store, "SELECT * FROM t") == [(1, "a")]
    with store.transaction(force_rollback=True):
        store.execute("TRUNCATE t")
    assert rows(store, "SELECT * FROM t") == [(1, "a")]


def test_a_savepoint_is_undone(store: psycopg.Connection) -> None:
    table(store, "t", "id int, label text", unique="id", key="id")
    with store.transaction():
        store.execute("INSERT INTO t VALUES (1, 'a')")
        with store.transaction(force_rollback=True):
            store.execute("INSERT INTO t VALUES (2, 'b')")
            store.execute("UPDATE t SET label = 'x'")
            with pytest.raises(psycopg.errors.UniqueViolation), store.transaction():
                store.execute("INSERT INTO t VALUES (3, 'c'), (2, 'd')")
            assert rows(store, "SELECT id, label FROM t") == [(1, "x"), (2, "x")]
        with store.transaction():
            store.execute("UPDATE t SET label = label || '!'")
    assert rows(store, "SELECT * FROM t") == [(1, "a!")]


def test_blocks_of_plpgsql_undo_what_failed(store: psycopg.Connection) -> None:
    table(store, "t", "id int, label text", unique="id", batch="10")
    store.execute(
        "DO $$ BEGIN FOR i IN 1..20 LOOP "
        "BEGIN INSERT INTO t SELECT j % (i + 10), '' FROM generate_series(1, 20) AS j; "
        "EXCEPTION WHEN unique_violation THEN END; END LOOP; END $$"
    )
    assert rows(store, "SELECT count(*) FROM t") == [(20,)]
