"""Probes: which members answer, and why others do not."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from exclave.federation import Hub

from .conftest import FAULTS, TIMEOUT, Airports


def test_members_that_answer_are_well_at_both_depths(airports: Airports) -> None:
    for depth in ("connect", "read"):
        found = airports.hub.probe(airports.federation, depth=depth)  # type: ignore[arg-type]
        assert list(found) == ["ewr", "jfk", "lga"]
        assert all(health.ok and health.reachable for health in found.values())
        assert all(health.latency_ms and health.latency_ms > 0 for health in found.values())


def test_a_probe_keeps_its_connections_for_the_next_one(airports: Airports) -> None:
    sessions = "SELECT pid FROM pg_stat_activity WHERE usename = %s"
    airports.hub.probe(airports.federation)
    airport = airports.members["jfk"]
    with airport.database.connect() as there:
        before = set(there.execute(sessions, [airport.role]).fetchall())
        airports.hub.probe(airports.federation)
        assert before
        assert before <= set(there.execute(sessions, [airport.role]).fetchall())


@pytest.mark.parametrize("reason", FAULTS)
def test_a_probe_says_why_a_member_does_not_answer(airports: Airports, reason: str) -> None:
    with FAULTS[reason](airports.members["lga"]):  # type: ignore[attr-defined]
        found = airports.hub.probe(airports.federation, timeout_seconds=TIMEOUT)
    assert found["ewr"].ok
    assert found["jfk"].ok
    lga = found["lga"]
    assert (lga.ok, lga.reachable, lga.reason) == (False, False, reason)
    assert airports.hub.probe(airports.federation)["lga"].ok


def test_a_member_without_the_table_or_the_right_is_reachable(airports: Airports) -> None:
    airport = airports.members["jfk"]
    with airport.database.connect() as there:
        role = sql.Identifier(airport.role)
        there.execute(sql.SQL("REVOKE SELECT ON flights FROM {}").format(role))
        health = airports.hub.probe(airports.federation, ["jfk"])["jfk"]
        assert (health.ok, health.reachable, health.reason) == (False, True, "permission")
        there.execute(sql.SQL("GRANT SELECT ON flights TO {}").format(role))
        there.execute("ALTER TABLE flights RENAME TO moved")
        health = airports.hub.probe(airports.federation, ["jfk"])["jfk"]
        assert (health.ok, health.reachable, health.reason) == (False, True, "table")
        assert airports.hub.probe(airports.federation, ["jfk"], depth="connect")["jfk"].ok
        there.execute("ALTER TABLE moved RENAME TO flights")


def test_over_a_connection_of_the_callers_its_transaction_goes_on(airports: Airports) -> None:
    with airports.database.connect(autocommit=False) as connection:
        hub = Hub(connection, owner=airports.hub.owner)
        connection.execute("CREATE TEMPORARY TABLE mine (id int)")
        timeout = connection.execute("SHOW statement_timeout").fetchone()
        with airports.members["lga"].refusing():
            found = hub.probe(airports.federation, timeout_seconds=TIMEOUT)
        assert [slug for slug, health in found.items() if not health.ok] == ["lga"]
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
        assert connection.execute("SHOW statement_timeout").fetchone() == timeout
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)


def test_a_reader_of_the_joined_tables_alone_can_probe(airports: Airports) -> None:
    with airports.database.connect() as connection:
        connection.execute("CREATE ROLE only_reader")
        try:
            connection.execute("GRANT USAGE ON SCHEMA world TO only_reader")
            connection.execute("GRANT SELECT ON world.gates TO only_reader")
            connection.execute("SET ROLE only_reader")
            found = Hub(connection, owner=airports.hub.owner).probe(airports.federation)
            assert [health.ok for health in found.values()] == [True, True, True]
        finally:
            connection.execute("RESET ROLE")
            connection.execute("DROP OWNED BY only_reader")
            connection.execute("DROP ROLE only_reader")


def test_no_password_is_in_what_a_probe_says(airports: Airports) -> None:
    airport = airports.members["lga"]
    with airport.locked_out():
        health = airports.hub.probe(airports.federation, ["lga"])["lga"]
    assert health.message
    assert "another one" not in repr(health)
