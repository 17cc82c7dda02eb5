"""A member's own table, as applications see it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from .conftest import Airports


@pytest.fixture
def session(airports: Airports) -> psycopg.Connection:
    """A session of a role that has rights on the views alone."""
    return airports.hub


def test_an_insert_gives_back_the_id_and_what_else_the_member_generated(
    session: psycopg.Connection,
) -> None:
    row = session.execute(
        "INSERT INTO air_ewr_insertable.flights (tail) VALUES ('n1') "
        "RETURNING id, carrier, tail, seats, note, made IS NULL, code IS NULL"
    ).fetchone()
    assert row == (1, "UA", "N1", 7, "none", False, False)


def test_rows_are_changed_and_deleted(airports: Airports, session: psycopg.Connection) -> None:
    session.execute("INSERT INTO air_ewr_insertable.flights (seats) SELECT generate_series(1, 3)")
    session.execute("UPDATE air_ewr_insertable.flights SET tail = 'x' WHERE id = 2")
    session.execute("DELETE FROM air_ewr_insertable.flights WHERE id = 1")
    found = airports.at("ewr", "SELECT id, tail FROM flights ORDER BY id")
    assert found == [(2, "X"), (3, None)]


def test_a_generated_value_cannot_be_given_there(session: psycopg.Connection) -> None:
    with pytest.raises(errors.GeneratedAlways):
        session.execute("INSERT INTO air_ewr_insertable.flights (id) VALUES (5)")
    with pytest.raises(psycopg.Error, match="id"):
        session.execute("UPDATE air_ewr_insertable.flights SET id = 5")


def test_its_columns_have_the_joined_names_and_enums_can_be_written(
    session: psycopg.Connection,
) -> None:
    row = session.execute(
        "INSERT INTO air_lga_insertable.flights (seats, feeling) VALUES (4, 'sad') "
        "RETURNING id, seats, total, feeling, carrier"
    ).fetchone()
    assert row == (1, 4, 8, "sad", "AA")
    assert session.execute("SELECT count(*) FROM air_lga_insertable.flights").fetchone() == (1,)


def test_inserts_are_sent_in_batches(session: psycopg.Connection) -> None:
    plan = session.execute(
        "EXPLAIN (VERBOSE, COSTS OFF) INSERT INTO air_ewr_insertable.flights (seats) "
        "SELECT generate_series(1, 10)"
    ).fetchall()
    assert "Batch Size: 1000" in "\n".join(line for (line,) in plan)
    session.execute("CREATE TEMPORARY TABLE given (seats int)")
    with session.cursor().copy("COPY given FROM STDIN") as copy:
        for number in range(2500):
            copy.write_row((number,))
    session.execute("INSERT INTO air_ewr_insertable.flights (seats) SELECT seats FROM given")
    assert session.execute(
        "SELECT count(*), max(id) FROM air_ewr_insertable.flights"
    ).fetchone() == (2500, 2500)


def test_aggregates_and_filters_are_sent(session: psycopg.Connection) -> None:
    lines = session.execute(
        "EXPLAIN (VERBOSE, COSTS OFF) SELECT carrier, count(*), max(seats) "
        "FROM air_ewr_insertable.flights WHERE seats > 3 GROUP BY carrier"
    ).fetchall()
    sent = [line for (line,) in lines if "Remote SQL" in line]
    assert len(sent) == 1
    assert "WHERE ((seats > 3)) GROUP BY 1" in sent[0]


@pytest.mark.parametrize(
    ("statement", "sent"),
    [
        ("UPDATE air_ewr_insertable.seats SET taken = true WHERE row = 1", "UPDATE public.seats"),
        ("DELETE FROM air_ewr_insertable.seats WHERE row > 2", "DELETE FROM public.seats"),
    ],
)
def test_changes_of_many_rows_are_sent_as_one_statement_where_nothing_is_generated(
    session: psycopg.Connection, statement: str, sent: str
) -> None:
    lines = session.execute(f"EXPLAIN (VERBOSE, COSTS OFF) {statement}".encode()).fetchall()
    assert any(f"Remote SQL: {sent}" in line for (line,) in lines)
    assert not any("FOR UPDATE" in line for (line,) in lines)
