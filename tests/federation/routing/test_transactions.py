"""Writes and transactions: what is undone, what is atomic, and whose error it is."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from exclave.catalog import connection_of
from exclave.errors import ExclaveError
from exclave.federation import Member
from exclave.federation.routing import member_of_error

from .conftest import Airports

ONE = "INSERT INTO air.flights (member, carrier) VALUES (%s, 'X1')"


def culprit(airports: Airports, error: Exception) -> str | None:
    return member_of_error(
        connection_of(airports.hub), error, airports.group.hub.members(airports.federation)
    )


def test_a_savepoint_that_is_rolled_back_leaves_nothing(airports: Airports) -> None:
    with airports.hub.transaction():
        airports.rows(ONE, ["ewr"])
        with airports.hub.transaction() as inner:
            airports.rows(ONE, ["ewr"])
            raise psycopg.Rollback(inner)
    assert airports.at("ewr", "SELECT id FROM flights") == [(1,)]


def test_an_aborted_transaction_leaves_nothing(airports: Airports) -> None:
    with airports.hub.transaction() as outer:
        airports.rows(ONE, ["ewr"])
        airports.rows("UPDATE air.flights SET seats = 1 WHERE member = 'ewr'")
        raise psycopg.Rollback(outer)
    assert airports.at("ewr", "SELECT id FROM flights") == []


def test_what_a_savepoint_undid_does_not_count_as_written(airports: Airports) -> None:
    with airports.hub.transaction():
        with airports.hub.transaction() as inner:
            airports.rows(ONE, ["ewr"])
            raise psycopg.Rollback(inner)
        airports.rows(ONE, ["jfk"])
    assert airports.at("jfk", "SELECT id FROM flights") == [(1,)]


@pytest.mark.parametrize(
    "second",
    [
        "INSERT INTO air.flights (member) VALUES ('jfk')",
        "UPDATE air.flights SET seats = 1 WHERE member = 'jfk'",
        "DELETE FROM air.seats WHERE member = 'jfk'",
        "INSERT INTO air_jfk_insertable.flights (seats) VALUES (1)",
        "UPDATE air_jfk_insertable.flights SET seats = 1",
        "DELETE FROM air_jfk_insertable.seats",
    ],
)
def test_a_second_member_in_one_transaction_is_refused(airports: Airports, second: str) -> None:
    airports.at("jfk", "INSERT INTO flights DEFAULT VALUES; INSERT INTO seats VALUES (1, 1)")
    with airports.hub.transaction() as outer:
        airports.rows(ONE, ["ewr"])
        with pytest.raises(errors.InvalidTransactionState) as raised:
            airports.rows(second)
        raise psycopg.Rollback(outer)
    assert raised.value.diag.message_primary == (
        'this transaction has written to member "ewr" and cannot write to member "jfk"'
    )
    assert "SET exclave.write_members = 'many'" in (raised.value.diag.message_hint or "")
    assert culprit(airports, raised.value) == "jfk"
    assert airports.at("ewr", "SELECT id FROM flights") == []


def test_what_goes_through_a_members_own_table_counts_as_written(airports: Airports) -> None:
    with airports.hub.transaction() as outer:
        airports.rows("INSERT INTO air_jfk_insertable.flights (seats) VALUES (1)")
        airports.rows("INSERT INTO air.flights (member) VALUES ('jfk')")
        with pytest.raises(errors.InvalidTransactionState, match='written to member "jfk"'):
            airports.rows(ONE, ["ewr"])
        raise psycopg.Rollback(outer)


def test_a_second_member_is_written_to_when_that_was_asked_for(airports: Airports) -> None:
    with airports.hub.transaction():
        airports.rows("SET LOCAL exclave.write_members = 'many'")
        rows = airports.rows(
            "INSERT INTO air.flights (member, carrier) VALUES ('ewr', 'A'), ('jfk', 'B'), "
            "('lga', 'C'), ('ewr', 'D') RETURNING member, id, carrier"
        )
    assert rows == [("ewr", 1, "A"), ("jfk", 1, "B"), ("lga", 1, "C"), ("ewr", 2, "D")]
    with pytest.raises(errors.InvalidTransactionState):
        airports.rows("DELETE FROM air.flights")


def test_one_member_after_the_other_needs_no_setting(airports: Airports) -> None:
    for member in ("ewr", "jfk", "lga"):
        airports.rows(ONE, [member])
    assert airports.rows("SELECT member FROM air.flights ORDER BY 1") == [
        ("ewr",), ("jfk",), ("lga",)
    ]  # fmt: skip


def test_an_error_at_a_member_keeps_its_state_and_tells_the_member(airports: Airports) -> None:
    airports.rows("INSERT INTO air.seats (member, flight, row) VALUES ('lga', 1, 1)")
    with pytest.raises(errors.UniqueViolation) as raised:
        airports.rows("INSERT INTO air.seats (member, flight, row) VALUES ('lga', 1, 1)")
    assert culprit(airports, raised.value) == "lga"
    airports.rows("INSERT INTO air.seats (member, flight, row) VALUES ('lga', 1, 2)")
    with pytest.raises(errors.UniqueViolation) as raised:
        airports.rows("UPDATE air.seats SET row = 1 WHERE row = 2")
    assert culprit(airports, raised.value) == "lga"
    with pytest.raises(errors.InvalidParameterValue) as unknown:
        airports.rows(ONE, ["sfo"])
    assert culprit(airports, unknown.value) is None


def test_a_constraint_that_a_member_checks_at_commit_is_reported_as_it_is(
    airports: Airports,
) -> None:
    with pytest.raises(errors.ForeignKeyViolation) as raised, airports.hub.transaction():
        airports.rows("INSERT INTO air.deferred (member, id, other) VALUES ('jfk', 1, 2)")
    assert raised.value.sqlstate == "23503"
    assert airports.at("jfk", "SELECT id FROM deferred") == []
    with airports.hub.transaction():
        airports.rows("INSERT INTO air.deferred (member, id, other) VALUES ('jfk', 1, 2)")
        airports.rows("INSERT INTO air.deferred (member, id, other) VALUES ('jfk', 2, 1)")
    assert airports.at("jfk", "SELECT id FROM deferred ORDER BY id") == [(1,), (2,)]


def test_a_member_that_cannot_be_connected_to_is_named(airports: Airports) -> None:
    group = airports.group
    group.companies["ewr"].database.cluster.stop()
    try:
        with (
            group.connect() as hub,
            pytest.raises(errors.SqlclientUnableToEstablishSqlconnection) as raised,
        ):
            hub.execute(ONE, ["ewr"])
        assert culprit(airports, raised.value) == "ewr"
    finally:
        group.companies["ewr"].database.cluster.start()


def test_members_that_may_not_be_written_to_are_told_from_the_others(airports: Airports) -> None:
    group = airports.group
    group.hub.suspend(airports.federation, "lga", "moving house")
    try:
        with pytest.raises(errors.ObjectNotInPrerequisiteState) as raised:
            airports.rows(ONE, ["lga"])
        assert raised.value.diag.message_primary == 'member "lga" is suspended: moving house'
        assert raised.value.diag.message_hint == "Members that can be written to: ewr, jfk."
    finally:
        group.hub.resume(airports.federation, "lga")
    jfk = group.companies["jfk"].member
    readonly = Member("jfk", jfk.wrapper, jfk.server_options, jfk.mapping_options, writable=False)
    group.hub.add_member(airports.federation, readonly)
    try:
        with pytest.raises(errors.ObjectNotInPrerequisiteState) as raised:
            airports.rows(ONE, ["jfk"])
        assert raised.value.diag.message_primary == 'member "jfk" can only be read'
        assert raised.value.diag.message_hint == "Members that can be written to: ewr, lga."
        with pytest.raises(ExclaveError, match="can only be read"):
            group.hub.insert(airports.federation, "flights", [{"member": "jfk"}])
    finally:
        group.hub.add_member(airports.federation, jfk)
