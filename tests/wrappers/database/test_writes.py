"""Rows are inserted, changed and removed in other databases, within PostgreSQL's transactions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from tests.wrappers.database.remotes import Remote

COLUMNS = {"id": "key", "item": "text", "price": "numeric(20,4)", "placed": "timestamp"}


@pytest.fixture
def orders(wrapper: psycopg.Connection, remote: Remote) -> psycopg.Connection:
    """A connection to a database with the foreign table `orders`, whose ids are made there."""
    wrapper.execute("DROP SERVER IF EXISTS other CASCADE")
    remote.create("orders", COLUMNS)
    remote.connect(wrapper)
    wrapper.execute(
        "CREATE FOREIGN TABLE orders (id bigint OPTIONS (key 'true'), item text,"
        " price numeric(20,4), placed timestamp) SERVER other"
    )
    return wrapper


def rows(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    """Run a statement, and give what it returns."""
    return connection.execute(query.encode()).fetchall()


def there(remote: Remote, query: str) -> list[tuple[Any, ...]]:
    """Ask the database itself."""
    return [tuple(row) for row in remote.rows(query)]


def test_generated_keys_come_back(orders: psycopg.Connection, remote: Remote) -> None:
    insert = "INSERT INTO orders (item, price) VALUES ('tea', 1.5), ('Tea ', 2) RETURNING id, item"
    assert rows(orders, insert) == [(1, "tea"), (2, "Tea ")]
    assert rows(orders, "INSERT INTO orders DEFAULT VALUES RETURNING *") == [(3, None, None, None)]
    assert there(remote, "SELECT id, item FROM orders ORDER BY id") == [
        (1, "tea"), (2, "Tea "), (3, None),
    ]  # fmt: skip


def test_many_rows_are_inserted_in_batches(orders: psycopg.Connection, remote: Remote) -> None:
    orders.execute("ALTER SERVER other OPTIONS (ADD batch_size '40')")
    orders.execute(
        "INSERT INTO orders (item, price, placed) SELECT 'no ' || n, n / 4.0,"
        " timestamp '2024-02-28 23:59:59.5' + n * interval '1 hour' FROM generate_series(1, 100) n"
    )
    with orders.cursor() as cursor, cursor.copy("COPY orders (item) FROM STDIN") as copy:
        for number in range(50):
            copy.write_row([f"copied {number}"])
    assert there(remote, "SELECT count(*), min(id), max(id) FROM orders") == [(150, 1, 150)]
    assert rows(orders, "SELECT sum(price), max(placed)::text FROM orders") == [
        (Decimal("1262.5000"), "2024-03-04 03:59:59.5")
    ]


def test_a_batch_that_no_insert_can_have_is_refused_as_an_option(
    orders: psycopg.Connection,
) -> None:
    for size in ("0", "100001"):
        for what in ("SERVER other", "FOREIGN TABLE orders"):
            with pytest.raises(psycopg.Error, match='"batch_size" has a wrong value') as refused:
                orders.execute(f"ALTER {what} OPTIONS (ADD batch_size '{size}')".encode())
            assert refused.value.diag.message_hint == "It takes an integer from 1 to 100000."
    orders.execute("ALTER FOREIGN TABLE orders OPTIONS (ADD batch_size '100000')")
    orders.execute("INSERT INTO orders (item) VALUES ('a')")


def test_rows_are_changed_and_removed_by_key(orders: psycopg.Connection, remote: Remote) -> None:
    orders.execute("INSERT INTO orders (item, price) VALUES ('a', 1), ('A', 2), ('a ', 3)")
    update = "UPDATE orders SET price = price * 10, item = item || '!' WHERE item = 'a'"
    assert rows(orders, update + " RETURNING id, item, price") == [(1, "a!", Decimal("10.0000"))]
    assert orders.execute("UPDATE orders SET price = 7 WHERE price > 2").rowcount == 2
    assert (
        rows(orders, "DELETE FROM orders WHERE id = 2 RETURNING item, price")
        == [("A", Decimal("7.0000"))]
        or rows(orders, "SELECT item FROM orders WHERE id = 2") == []
    )
    assert orders.execute("DELETE FROM orders WHERE id < 2").rowcount == 1
    assert there(remote, "SELECT id, item FROM orders") == [(3, "a ")]


def test_a_key_itself_can_be_changed(orders: psycopg.Connection, remote: Remote) -> None:
    orders.execute("INSERT INTO orders (item) VALUES ('a'), ('b'), ('c')")
    assert sorted(rows(orders, "UPDATE orders SET id = id + 10 RETURNING id, item")) == [
        (11, "a"), (12, "b"), (13, "c"),
    ]  # fmt: skip
    assert there(remote, "SELECT count(*), min(id) FROM orders") == [(3, 11)]


def test_a_rollback_undoes_all(orders: psycopg.Connection, remote: Remote) -> None:
    orders.execute("INSERT INTO orders (item) VALUES ('kept')")
    with orders.transaction(force_rollback=True):
        orders.execute("UPDATE orders SET item = 'changed'")
        orders.execute("INSERT INTO orders (item) VALUES ('more')")
        assert rows(orders, "SELECT count(*) FROM orders") == [(2,)]
    with pytest.raises(psycopg.errors.DivisionByZero):
        orders.execute("BEGIN; DELETE FROM orders; SELECT 1 / 0")
    orders.execute("ROLLBACK")
    assert there(remote, "SELECT item FROM orders") == [("kept",)]


def test_a_savepoint_undoes_what_came_after_it(orders: psycopg.Connection, remote: Remote) -> None:
    if remote.kind == "duckdb":  # has no savepoints
        orders.execute("BEGIN; SAVEPOINT a; INSERT INTO orders (item) VALUES ('undone')")
        orders.execute("ROLLBACK TO a")
        with pytest.raises(psycopg.Error, match="savepoint was rolled back"):
            orders.execute("INSERT INTO orders (item) VALUES ('kept')")
        orders.execute("ROLLBACK")
        assert there(remote, "SELECT item FROM orders") == []
        return
    with orders.transaction():
        orders.execute("INSERT INTO orders (item) VALUES ('first')")
        with orders.transaction(force_rollback=True):
            orders.execute("INSERT INTO orders (item) VALUES ('undone')")
            with orders.transaction():
                orders.execute("UPDATE orders SET item = 'undone too'")
        with orders.transaction():
            orders.execute("INSERT INTO orders (item) VALUES ('second')")
        assert rows(orders, "SELECT item FROM orders ORDER BY id") == [("first",), ("second",)]
    assert there(remote, "SELECT item FROM orders ORDER BY id") == [("first",), ("second",)]


def test_an_error_of_the_other_database_aborts_the_statement(
    orders: psycopg.Connection, remote: Remote
) -> None:
    orders.execute("INSERT INTO orders (id, item) VALUES (1, 'a')")
    with pytest.raises(psycopg.Error, match="the other database: ") as refused:
        orders.execute("INSERT INTO orders (id, item) VALUES (2, 'b'), (1, 'c')")
    assert refused.value.sqlstate is not None
    assert rows(orders, "SELECT item FROM orders") == [("a",)]
    assert there(remote, "SELECT item FROM orders") == [("a",)]


def test_a_file_that_another_process_writes_is_told_as_a_lock(
    orders: psycopg.Connection, remote: Remote
) -> None:
    if remote.kind != "sqlite" or "driver" in remote.server:
        pytest.skip("tells of locks otherwise")
    path = remote.server["url"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(psycopg.errors.LockNotAvailable, match="database is locked"):
            orders.execute("INSERT INTO orders (item) VALUES ('a')")
    orders.execute("INSERT INTO orders (item) VALUES ('a')")
    assert there(remote, "SELECT item FROM orders") == [("a",)]


def test_truncate_empties_the_table(orders: psycopg.Connection, remote: Remote) -> None:
    orders.execute("INSERT INTO orders (item) VALUES ('a'), ('b')")
    with orders.transaction(force_rollback=True):
        orders.execute("TRUNCATE orders")
        assert rows(orders, "SELECT count(*) FROM orders") == [(0,)]
    assert there(remote, "SELECT count(*) FROM orders") == [(2,)]
    orders.execute("TRUNCATE orders")
    assert there(remote, "SELECT count(*) FROM orders") == [(0,)]


def test_what_is_not_updatable_is_not_written(orders: psycopg.Connection) -> None:
    orders.execute("ALTER FOREIGN TABLE orders OPTIONS (ADD updatable 'false')")
    with pytest.raises(psycopg.Error, match="orders"):
        orders.execute("INSERT INTO orders (item) VALUES ('a')")
    orders.execute("ALTER FOREIGN TABLE orders OPTIONS (DROP updatable)")
    orders.execute("ALTER FOREIGN TABLE orders ALTER id OPTIONS (DROP key)")
    orders.execute("INSERT INTO orders (item) VALUES ('a')")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="no key") as refused:
        orders.execute("DELETE FROM orders")
    assert "option key 'true'" in str(refused.value.diag.message_hint)


def test_a_key_that_is_none_changes_nothing(orders: psycopg.Connection, remote: Remote) -> None:
    orders.execute("INSERT INTO orders (item) VALUES ('a'), ('a')")
    orders.execute("ALTER FOREIGN TABLE orders ALTER id OPTIONS (DROP key)")
    orders.execute("ALTER FOREIGN TABLE orders ALTER item OPTIONS (ADD key 'true')")
    with pytest.raises(psycopg.errors.CardinalityViolation):
        orders.execute("UPDATE orders SET price = 1 WHERE id = 1")
    assert there(remote, "SELECT count(*) FROM orders WHERE price IS NULL") == [(2,)]


def test_a_commit_that_the_other_database_refuses_aborts_all(
    orders: psycopg.Connection, remote: Remote
) -> None:
    if remote.kind != "postgresql":
        return  # the others check at once
    remote.rows("ALTER TABLE orders ADD UNIQUE (item) DEFERRABLE INITIALLY DEFERRED")
    orders.execute("CREATE TABLE IF NOT EXISTS log (what text)")
    orders.execute("BEGIN; INSERT INTO log VALUES ('both')")
    orders.execute("INSERT INTO orders (item) VALUES ('same'), ('same')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        orders.execute("COMMIT")
    assert rows(orders, "SELECT count(*) FROM log") == [(0,)]
    assert there(remote, "SELECT count(*) FROM orders") == [(0,)]
    orders.execute("INSERT INTO orders (item) VALUES ('one')")
    assert there(remote, "SELECT item FROM orders") == [("one",)]
