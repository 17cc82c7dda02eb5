"""A connection whose writes are undone, on the hub and on its members."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors, sql
from sqlalchemy.orm import Session

from exclave.testing import HubDatabase, RolledBackConnection
from exclave.testing.rollback import engine_over, rolled_back


@pytest.fixture
def connection(hub: HubDatabase) -> Iterator[RolledBackConnection]:
    """Give a connection that is rolled back."""
    with rolled_back(hub.dsn) as made:
        yield made
        hub.heal()
    assert tails_at(hub, "jfk") == ["N1", "N2"]
    assert tails_at(hub, "ewr") == ["N1", "N2"]


def tails_at(hub: HubDatabase, slug: str) -> list[str]:
    """Ask the member itself, past the hub."""
    with hub.members[slug].connect() as there:
        rows = there.execute("SELECT tail FROM flights ORDER BY id").fetchall()
    return [tail for (tail,) in rows]


def tails(connection: psycopg.Connection, slug: str = "jfk") -> list[str]:
    """Ask through the hub."""
    query = sql.SQL("SELECT tail FROM {}.flights ORDER BY id").format(sql.Identifier(slug))
    return [tail for (tail,) in connection.execute(query).fetchall()]


def write(connection: psycopg.Connection, tail: str, slug: str = "jfk") -> None:
    """Write a row through the hub."""
    statement = sql.SQL("INSERT INTO {0}.flights SELECT max(id) + 1, {1} FROM {0}.flights")
    connection.execute(statement.format(sql.Identifier(slug), sql.Literal(tail)))


def fail() -> None:
    """Fail."""
    raise ZeroDivisionError


def test_what_is_written_is_read_and_then_undone_on_all_members(
    hub: HubDatabase, connection: RolledBackConnection
) -> None:
    write(connection, "N3")
    write(connection, "N4", "ewr")
    connection.execute("UPDATE jfk.flights SET tail = 'N0' WHERE tail = 'N1'")
    connection.commit()
    assert tails(connection) == ["N0", "N2", "N3"]
    assert tails(connection, "ewr") == ["N1", "N2", "N4"]
    assert tails_at(hub, "jfk") == ["N1", "N2"]  # uncommitted


def test_a_rollback_undoes_what_came_after_the_last_commit(
    connection: RolledBackConnection,
) -> None:
    write(connection, "N3")
    connection.commit()
    write(connection, "N4")
    connection.rollback()
    assert tails(connection) == ["N1", "N2", "N3"]
    connection.rollback()
    assert tails(connection) == ["N1", "N2", "N3"]


def test_what_is_kept_survives_the_rollback_of_a_transaction_that_is_open(
    connection: RolledBackConnection,
) -> None:
    write(connection, "N3")
    connection.keep()
    write(connection, "N4")
    connection.rollback()
    assert tails(connection) == ["N1", "N2", "N3"]


def test_code_may_use_transactions_and_leave_the_connection(
    connection: RolledBackConnection,
) -> None:
    with connection.transaction():
        write(connection, "N3")
    with suppress(ZeroDivisionError), connection.transaction():
        write(connection, "N4")
        fail()
    with connection:
        write(connection, "N5")
    with suppress(ZeroDivisionError), connection:
        write(connection, "N6")
        fail()
    write(connection, "N7")
    connection.close()
    assert tails(connection) == ["N1", "N2", "N3", "N5"]


def test_a_commit_after_an_error_rolls_back_as_in_postgresql(
    connection: RolledBackConnection,
) -> None:
    write(connection, "N3")
    with pytest.raises(errors.UndefinedTable):
        connection.execute("SELECT * FROM nowhere")
    with pytest.raises(errors.InFailedSqlTransaction):
        tails(connection)
    connection.commit()
    assert tails(connection) == ["N1", "N2"]


def test_a_connection_that_broke_does_not_spoil_the_end(connection: RolledBackConnection) -> None:
    write(connection, "N3")
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert connection.closed
    connection.close()


def test_a_member_that_dies_spoils_the_transaction_and_not_the_next_test(
    hub: HubDatabase, connection: RolledBackConnection
) -> None:
    write(connection, "N3")
    with hub.members["jfk"].refuse(), pytest.raises(psycopg.OperationalError):
        tails(connection)
    connection.rollback()
    with pytest.raises(psycopg.OperationalError):
        tails(connection)


def test_sessions_and_engines_share_the_transaction(connection: RolledBackConnection) -> None:
    flights = sa.table("flights", sa.column("id"), sa.column("tail"), schema="jfk")
    write(connection, "N3")
    with engine_over(connection) as engine, engine.connect() as outer:
        with Session(outer, join_transaction_mode="create_savepoint") as session:
            assert session.scalars(sa.select(flights.c.tail)).all() == ["N1", "N2", "N3"]
            session.execute(flights.insert().values(id=30, tail="N4"))
            session.commit()
            session.execute(flights.insert().values(id=31, tail="N5"))
            session.rollback()
        assert tails(connection) == ["N1", "N2", "N3", "N4"]
        with engine.begin() as another:
            another.execute(flights.delete().where(flights.c.tail == "N4"))
    assert tails(connection) == ["N1", "N2", "N3"]
