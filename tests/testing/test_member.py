"""What can be broken about a member, and that it is put right again."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors

from exclave.cluster import Cluster
from exclave.errors import FixtureError
from exclave.testing import Fault, HubDatabase, MemberDatabase
from exclave.testing.session import run_databases
from exclave.testing.settings import Settings

from .servers import MEMBER_SCHEMA, foreign_servers

COUNT = "SELECT count(*) FROM jfk.flights"


def count(connection: psycopg.Connection) -> int:
    """Count the flights of one member."""
    row = connection.execute(COUNT).fetchone()
    assert row is not None
    return row[0]


def is_reached(hub: HubDatabase) -> bool:
    """Tell whether a new session on the hub reaches the member."""
    with hub.connect() as connection:
        return count(connection) == 2


def failure(hub: HubDatabase) -> str:
    """Give what PostgreSQL says about the member."""
    with hub.connect() as connection, pytest.raises(psycopg.OperationalError) as caught:
        connection.execute(COUNT)
    assert caught.value.sqlstate == "08001"
    return str(caught.value)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (MemberDatabase.refuse, "refused"),
        (MemberDatabase.wrong_password, "password authentication failed"),
        (MemberDatabase.drop_database, "does not exist"),
    ],
)
def test_a_fault_is_seen_by_the_hub_until_it_is_healed(
    hub: HubDatabase, break_it: Callable[[MemberDatabase], Fault], said: str
) -> None:
    member = hub.members["jfk"]
    with hub.connect() as connection:
        assert count(connection) == 2
        with break_it(member):
            assert said in failure(hub)
            with pytest.raises(psycopg.OperationalError):
                count(connection)  # what was connected is no longer
            assert connection.execute("SELECT count(*) FROM ewr.flights").fetchone() == (2,)
        assert is_reached(hub)
        break_it(member)
        failure(hub)
        member.heal()
        assert count(connection) == 2


def test_a_silent_member_ends_by_the_timeout_that_its_version_heeds(hub: HubDatabase) -> None:
    with hub.connect() as connection, hub.members["jfk"].silence():
        connection.execute("SET statement_timeout = '2s'")
        with pytest.raises((errors.QueryCanceled, psycopg.OperationalError)) as caught:
            count(connection)
        old = connection.info.server_version < 160000
        assert caught.value.sqlstate == ("08001" if old else "57014")
    assert is_reached(hub)


def test_a_connection_that_is_open_falls_silent_too_and_goes_on(hub: HubDatabase) -> None:
    with hub.connect() as connection, hub.connect() as watching:
        assert count(connection) == 2
        fault = hub.members["jfk"].silence()
        connection.execute("SET statement_timeout = '1s'")
        connection.execute("BEGIN")
        with pytest.raises(errors.QueryCanceled):
            count(connection)
        assert watching.execute("SELECT count(*) FROM ewr.flights").fetchone() == (2,)
        fault.heal()
        connection.execute("ROLLBACK")
        connection.execute("RESET statement_timeout")
        assert count(connection) == 2


def test_a_late_member_is_late_once_for_each_message(hub: HubDatabase) -> None:
    with hub.connect() as connection:
        assert count(connection) == 2
        connection.execute("SET statement_timeout = '400ms'")
        with hub.members["jfk"].delay(0.5), pytest.raises(errors.QueryCanceled):
            count(connection)
    assert is_reached(hub)


def test_cut_ends_a_query_that_is_under_way(hub: HubDatabase) -> None:
    member = hub.members["jfk"]
    with hub.connect(autocommit=False) as connection:
        assert count(connection) == 2
        member.cut()
        with pytest.raises(psycopg.OperationalError):
            count(connection)
        connection.rollback()
        assert count(connection) == 2  # over a new connection


def test_faults_may_be_nested_and_heal_one_by_one(hub: HubDatabase) -> None:
    member = hub.members["jfk"]
    with member.delay(0.01):
        with member.wrong_password():
            with member.refuse():
                assert "refused" in failure(hub)
            assert "password" in failure(hub)
        assert is_reached(hub)


@pytest.mark.parametrize("what", ["stop", "kill"])
def test_a_server_that_was_given_is_not_ours_to_end(hub: HubDatabase, what: str) -> None:
    with pytest.raises(FixtureError, match=rf'{what}\(\) of member "jfk".*given by a DSN'):
        getattr(hub.members["jfk"], what)()


def test_a_member_shows_no_password(hub: HubDatabase) -> None:
    member = hub.members["jfk"]
    password = member.password.resolve()
    shown = f"{member!r} {member.mapping_options} {member.server_options} {hub!r} {hub.members}"
    assert password not in shown
    assert member.name in shown


def test_without_proxies_the_hub_reaches_members_where_they_are(
    cluster: Cluster, remote_cluster: Cluster
) -> None:
    settings = Settings(hub=cluster.dsn(tcp=True), members={"one": remote_cluster.dsn(tcp=True)})
    with run_databases(settings, ["one"]) as hub:
        member = hub.members["one"]
        assert (member.host, member.port) == (remote_cluster.host, remote_cluster.port)
        with pytest.raises(FixtureError, match="set `exclave_proxies = true`"):
            member.silence()
    with remote_cluster.connect() as connection:
        left = "SELECT FROM pg_database WHERE datname = %s UNION ALL SELECT FROM pg_roles"
        found = connection.execute(left + " WHERE rolname = %s", (member.name, member.user))
        assert found.fetchall() == []


def test_members_on_servers_of_their_own_can_be_stopped_and_killed(cluster: Cluster) -> None:
    settings = Settings(
        postgresql=cluster.major, servers="own", hub=cluster.dsn(tcp=True), proxies=True
    )
    with run_databases(
        settings, ["jfk"], member_schema=MEMBER_SCHEMA, hub_schema=foreign_servers
    ) as hub:
        member = hub.members["jfk"]
        with member.connect() as there:
            there.execute("INSERT INTO flights (tail) VALUES ('N3')")
        for break_it in (member.stop, member.kill):
            with hub.connect() as connection:
                assert count(connection) == 3
                with break_it():
                    assert "refused" in failure(hub)
                    with pytest.raises(psycopg.OperationalError):
                        member.connect()
                assert count(connection) == 3


def test_members_that_share_a_server_are_not_stopped(cluster: Cluster) -> None:
    settings = Settings(postgresql=cluster.major, hub=cluster.dsn(tcp=True))
    with (
        run_databases(settings, ["one", "two"]) as hub,
        pytest.raises(FixtureError, match="set `exclave_servers = own`"),
    ):
        hub.members["one"].kill()
