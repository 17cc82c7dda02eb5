"""Outages of more than one member: a whole server killed, and three of ten that stay silent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from exclave.cluster import Cluster, fresh_database
from exclave.errors import MembersDownError
from exclave.federation import Member
from exclave.federation.health import Policy

from ..conftest import member_of
from .conftest import TIMEOUT, Airports, made_airports

SLUGS = [f"a{number}" for number in range(10)]
SILENT = ["a1", "a4", "a8"]
SUM = "SELECT count(*), count(DISTINCT member) FROM world.flights"


@pytest.fixture(scope="module")
def ten(cluster: Cluster, remote_cluster: Cluster) -> Iterator[Airports]:
    """Ten airports."""
    with made_airports(cluster, remote_cluster, SLUGS, rows=1) as made:
        yield made


def test_a_query_gives_the_rows_of_seven_when_three_of_ten_are_silent(ten: Airports) -> None:
    hub = ten.hub
    hub.probe(ten.federation)
    with ExitStack() as silence:
        for slug in SILENT:
            silence.enter_context(ten.members[slug].silent())
        with pytest.raises(MembersDownError) as raised:
            hub.query(SUM)
        assert sorted(raised.value.members) == SILENT
        result = hub.query(SUM, down="skip")
        assert result.rows == ((7, 7),)
        assert sorted(result.completeness.missing) == SILENT
    result = hub.query(SUM, down="skip")
    assert result.rows == ((10, 10),)
    assert result.completeness.complete


def test_silent_members_that_are_not_read_are_not_waited_for(ten: Airports) -> None:
    ten.hub.policy = Policy(timeout_seconds=600.0, remember_seconds=0.0)
    try:
        with ten.members["a1"].silent():
            text = "SELECT count(*) FROM world.flights WHERE member IN ('a0', 'a2')"
            result = ten.hub.query(text, down="skip")
        assert result.rows == ((2,),)
        assert result.completeness.members == ("a0", "a2")
    finally:
        ten.hub.policy = Policy(timeout_seconds=TIMEOUT, remember_seconds=0.0)


def test_a_server_that_is_killed_takes_its_members_with_it_and_brings_them_back(
    ten: Airports, cluster: Cluster, remote_cluster: Cluster
) -> None:
    hub = ten.hub
    hub.refresh(ten.federation)
    with fresh_database(cluster, prefix="near") as near:
        with near.connect() as there:
            there.execute("CREATE TABLE flights (id bigint PRIMARY KEY, carrier text)")
            there.execute("CREATE TABLE gates (id bigint PRIMARY KEY, name text)")
            there.execute("INSERT INTO flights VALUES (1, 'near')")
        member: Member = member_of("near", near)
        hub.add_member(ten.federation, member)
        hub.apply(ten.federation)
        remote_cluster.kill()
        try:
            with ten.connect() as client, pytest.raises(psycopg.Error):
                client.execute(SUM)
            with pytest.raises(MembersDownError) as raised:
                hub.query(SUM)
            assert sorted(raised.value.members) == SLUGS
            assert hub.query(SUM, down="skip").rows == ((1, 1),)
            stale = "SELECT count(*), count(DISTINCT member) FROM world.flights "
            stale += "WHERE member <> 'near'"
            assert hub.query(stale, down="stale").rows == ((10, 10),)
        finally:
            remote_cluster.start()
        assert all(health.ok for health in hub.probe(ten.federation).values())
        assert hub.query(SUM).rows == ((11, 11),)
        hub.remove_member(ten.federation, "near")
