"""Statements that read members which are down: an error, the others' rows, or the last ones."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from exclave.errors import DeclarationError, MembersDownError, QueryError
from exclave.federation import Hub
from exclave.federation.health import Policy

from .conftest import FAULTS, TIMEOUT, Airports

COUNT = "SELECT member, count(*) FROM world.flights GROUP BY member ORDER BY member"


@pytest.mark.parametrize("reason", FAULTS)
def test_a_member_that_is_down(airports: Airports, reason: str) -> None:
    hub = airports.hub
    hub.refresh(airports.federation)
    with FAULTS[reason](airports.members["lga"]):  # type: ignore[attr-defined]
        with pytest.raises(MembersDownError, match='member "lga" is down') as raised:
            hub.query(COUNT)
        assert raised.value.members["lga"].reason == reason

        skipped = hub.query(COUNT, down="skip")
        assert skipped.rows == (("ewr", 3), ("jfk", 3))
        assert skipped.completeness.members == ("ewr", "jfk")
        assert list(skipped.completeness.missing) == ["lga"]
        assert not skipped.completeness.complete

        stale = hub.query(COUNT, down="stale")
        assert stale.rows == (("ewr", 3), ("jfk", 3), ("lga", 3))
        assert not stale.completeness.missing
        assert timedelta(0) < stale.completeness.stale["lga"] < timedelta(minutes=10)

        only = hub.query("SELECT count(*) FROM world.flights WHERE member = %s", ["jfk"])
        assert only.rows == ((3,),)
        assert only.completeness.members == ("jfk",)
        assert only.completeness.complete
    result = hub.query(COUNT, down="skip")
    assert result.rows == (("ewr", 3), ("jfk", 3), ("lga", 3))
    assert result.completeness.complete


@pytest.mark.parametrize("reason", FAULTS)
def test_any_other_client_sees_an_error_and_never_fewer_rows(
    airports: Airports, reason: str
) -> None:
    with (
        airports.connect() as client,
        FAULTS[reason](airports.members["lga"]),  # type: ignore[attr-defined]
    ):
        for statement in (COUNT, "SELECT * FROM world.flights WHERE id = 1"):
            with pytest.raises(psycopg.Error):
                client.execute(statement)
    with airports.database.connect() as client:
        assert len(client.execute(COUNT).fetchall()) == 3


def test_a_member_that_dies_while_it_is_read(airports: Airports) -> None:
    hub, lga = airports.hub, airports.members["lga"]
    hub.refresh(airports.federation)
    for down, rows in (("raise", None), ("skip", 2), ("stale", 3)):
        with lga.database.connect(autocommit=False) as there:
            there.execute("LOCK TABLE flights")
            died = airports.when_waiting("lga", lambda: lga.proxy.refuse())
            try:
                if rows is None:
                    with pytest.raises(MembersDownError, match='member "lga" is down: refused'):
                        hub.query(COUNT, down="raise", timeout_seconds=60)
                else:
                    result = hub.query(COUNT, down=down, timeout_seconds=60)  # type: ignore[arg-type]
                    assert len(result) == rows
                    assert "lga" not in result.completeness.members
            finally:
                died.result().heal()
    assert hub.query(COUNT).completeness.complete


def test_a_member_that_falls_silent_while_it_is_read(airports: Airports) -> None:
    lga = airports.members["lga"]
    with lga.database.connect(autocommit=False) as there:
        there.execute("LOCK TABLE flights")
        silenced = airports.when_waiting("lga", lambda: lga.proxy.silence())
        try:
            result = airports.hub.query(COUNT, down="skip")
            assert result.rows == (("ewr", 3), ("jfk", 3))
            assert "silent" in result.completeness.missing["lga"]
        finally:
            silenced.result().heal()


def test_a_connection_that_was_lost_for_a_moment_is_no_reason_to_leave_a_member_out(
    airports: Airports,
) -> None:
    lga = airports.members["lga"]
    with lga.database.connect(autocommit=False) as there:
        there.execute("LOCK TABLE flights")

        def cut() -> None:
            lga.proxy.cut()
            there.rollback()

        done = airports.when_waiting("lga", cut)
        result = airports.hub.query(COUNT, down="skip", timeout_seconds=60)
        done.result()
    assert result.completeness.complete
    assert len(result) == 3


def test_a_statement_that_writes_or_locks_is_not_run_without_members(airports: Airports) -> None:
    for statement, what in (
        ("DELETE FROM world.flights WHERE member = 'ewr' AND id = 3", "writes to"),
        ("SELECT id FROM world.flights FOR UPDATE", "locks rows of"),
    ):
        with pytest.raises(DeclarationError, match=f"{what} world.flights"):
            airports.hub.query(statement, down="skip")
    assert airports.hub.query(COUNT).rows == (("ewr", 3), ("jfk", 3), ("lga", 3))


def test_what_a_hub_leaves_out_by_default_it_still_writes_as_it_is(airports: Airports) -> None:
    hub = Hub(airports.database.dsn, owner=airports.hub.owner, down="skip")
    hub.policy = Policy("skip", TIMEOUT, remember_seconds=0.0)
    try:
        with airports.members["lga"].refusing():
            assert len(hub.query(COUNT)) == 2
            with pytest.raises(MembersDownError, match='"lga" is down'):
                hub.query(COUNT, down="raise")
            insert = "INSERT INTO world.flights (member, id) VALUES (%s, 9)"
            hub.query(insert, ["ewr"])
            with pytest.raises(MembersDownError):
                hub.query("UPDATE world.flights SET carrier = 'x' WHERE id = 9")
            hub.query("DELETE FROM world.flights WHERE member = 'ewr' AND id = 9")
    finally:
        hub.close()


def test_in_a_transaction_that_may_have_written_nothing_is_sent_again(airports: Airports) -> None:
    lga = airports.members["lga"]
    with airports.database.connect(autocommit=False) as connection:
        hub = Hub(connection, owner=airports.hub.owner)
        hub.policy = Policy("skip", TIMEOUT, remember_seconds=600.0)
        connection.execute("INSERT INTO world.flights (member, id) VALUES ('ewr', 9)")
        hub.probe(airports.federation)
        with lga.refusing():
            with pytest.raises(MembersDownError, match="may have written"):
                hub.query(COUNT)
            # what is known by now is left out before the statement is sent
            assert hub.query(COUNT).rows == (("ewr", 4), ("jfk", 3))
        connection.rollback()
        hub.probe(airports.federation)
        connection.rollback()
        with lga.refusing():
            assert hub.query(COUNT).rows == (("ewr", 3), ("jfk", 3))
        connection.rollback()


def test_last_known_rows_are_wanted_and_not_kept(airports: Airports) -> None:
    with airports.members["lga"].refusing():
        with pytest.raises(MembersDownError, match="no last known rows of gates") as raised:
            airports.hub.query("SELECT * FROM world.gates", down="stale")
        assert list(raised.value.members) == ["lga"]
        both = "SELECT * FROM world.gates JOIN world.flights USING (member, id)"
        with pytest.raises(MembersDownError, match="no last known rows of gates"):
            airports.hub.query(both, down="stale")
        assert airports.hub.query("SELECT * FROM world.gates", down="skip").completeness.missing


def test_parameters_are_written_as_psycopg_takes_them(airports: Airports) -> None:
    hub = airports.hub
    with airports.members["lga"].refusing():
        text = "SELECT carrier FROM world.flights WHERE id = %(id)s AND carrier LIKE '%%k%%'"
        assert hub.query(text, {"id": 2}, down="skip").rows == (("jfk2",),)
        text = "SELECT carrier FROM world.flights WHERE id = 2 AND carrier LIKE '%k%'"
        assert hub.query(text, down="skip").dicts() == [{"carrier": "jfk2"}]
        text = "SELECT count(*) FROM world.flights WHERE member = ANY (%s) AND member IN (%s, %s)"
        result = hub.query(text, [["ewr", "jfk", "lga"], "ewr", "jfk"])
        assert result.rows == ((6,),)
        assert result.completeness.complete


def test_names_without_a_schema_are_found_by_the_search_path(airports: Airports) -> None:
    with airports.database.connect() as connection, airports.members["lga"].refusing():
        hub = Hub(connection, owner=airports.hub.owner)
        connection.execute("SET search_path = world")
        result = hub.query("SELECT count(*) FROM flights", down="skip", timeout_seconds=TIMEOUT)
        assert result.rows == ((6,),)
        assert list(result.completeness.missing) == ["lga"]


def test_an_error_of_the_statement_itself_is_raised_as_it_is(airports: Airports) -> None:
    for down in ("raise", "skip"):
        with pytest.raises(psycopg.errors.DivisionByZero):
            airports.hub.query("SELECT 1 / (id - id) FROM world.flights", down=down)  # type: ignore[arg-type]
    with pytest.raises(psycopg.errors.QueryCanceled):
        airports.hub.query("SELECT pg_sleep(60)", limit_seconds=0.1)
    with pytest.raises(QueryError):
        airports.hub.query("SELECT FROM world.flights WHERE WHERE", down="skip")
    with pytest.raises(DeclarationError, match="'leave'"):
        airports.hub.query(COUNT, down="leave")  # type: ignore[arg-type]
