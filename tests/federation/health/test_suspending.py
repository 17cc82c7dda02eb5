"""Suspended members: an error at once for every client, and never fewer rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.errors import ObjectNotInPrerequisiteState

from exclave.errors import MembersDownError, RegistryError
from exclave.federation import FederatedTable, Federation

from ..conftest import Group
from .conftest import Airports

COUNT = "SELECT member, count(*) FROM world.flights GROUP BY member ORDER BY member"


@contextmanager
def suspended(airports: Airports, reason: str | None = "it is being moved") -> Iterator[None]:
    """Suspend a member for a while."""
    airports.hub.suspend(airports.federation, "lga", reason)
    try:
        yield
    finally:
        airports.hub.resume(airports.federation, "lga")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM world.flights",
        "SELECT * FROM world.flights WHERE id = 1",
        "SELECT * FROM world.flights WHERE id IS NULL AND carrier IS NULL",
        "SELECT * FROM world.flights ORDER BY id LIMIT 1",
        "SELECT max(id) FROM world.flights WHERE member = 'lga'",
        "SELECT * FROM world.flights WHERE member LIKE 'l%' AND id IN (SELECT 1)",
        "SELECT * FROM (VALUES (1)) AS v(id) LEFT JOIN world.flights USING (id)",
        "UPDATE world.flights SET carrier = 'x' WHERE member = 'lga' AND id = 1",
        "DELETE FROM world.flights WHERE member = 'lga'",
        "SELECT FROM world.gates",
    ],
)
def test_a_statement_that_needs_a_suspended_member_is_told_so(
    airports: Airports, statement: str
) -> None:
    with suspended(airports), airports.database.connect() as client:
        with pytest.raises(
            ObjectNotInPrerequisiteState,
            match='member "lga" of federation "world" is suspended: it is being moved',
        ):
            client.execute(statement.encode())
        without = "SELECT count(*) FROM world.flights WHERE member <> 'lga'"
        assert client.execute(without).fetchone() == (6,)


def test_a_suspended_member_is_not_waited_for(airports: Airports) -> None:
    with airports.members["lga"].silent(), suspended(airports, None):
        hub = airports.hub
        with pytest.raises(MembersDownError, match='member "lga" is down: suspended since'):
            hub.query(COUNT)
        result = hub.query(COUNT, down="skip")
        assert result.rows == (("ewr", 3), ("jfk", 3))
        assert "suspended" in result.completeness.missing["lga"]
    assert len(airports.hub.query(COUNT)) == 3


def test_suspending_is_noticed_by_who_knew_better(airports: Airports) -> None:
    hub = airports.hub
    policy = hub.policy
    hub.policy = type(policy)("skip", policy.timeout_seconds, remember_seconds=600.0)
    try:
        assert len(hub.query(COUNT)) == 3
        other = type(hub)(airports.database.dsn, owner=hub.owner)
        other.suspend(airports.federation, "lga", "by another program")
        try:
            result = hub.query(COUNT)
            assert "by another program" in result.completeness.missing["lga"]
        finally:
            other.resume(airports.federation, "lga")
    finally:
        hub.policy = policy
        hub.watch.forget("world")


def test_a_suspended_member_stays_so_when_others_come_and_is_kept_in_the_history(
    new_group: Callable[..., Group],
) -> None:
    table = 'CREATE TABLE orders (id bigint PRIMARY KEY, note text COLLATE "C", at timestamptz);'
    group = new_group({"de": table, "fr": table})
    for layout in ("union", "inheritance"):
        federation = Federation(
            f"by_{layout}",
            [FederatedTable("orders")],
            layout=layout,  # type: ignore[arg-type]
            member_schema="{federation}_{member}",
        )
        group.hub.add_member(federation, group.companies["de"].member)
        group.hub.apply(federation)
        group.hub.suspend(federation, "de", "holidays")
        group.hub.add_member(federation, group.companies["fr"].member)
        group.hub.apply(federation)
        [de, fr] = group.hub.members(federation)
        assert (de.suspended is not None, de.suspended_reason) == (True, "holidays")
        assert fr.suspended is None
        with group.connect() as client:
            text = f"SELECT count(*) FROM by_{layout}.orders"  # noqa: S608 - constants
            with pytest.raises(psycopg.Error, match="suspended: holidays"):
                client.execute(text.encode())
            group.hub.resume(federation, "de")
            assert client.execute(text.encode()).fetchone() == (0,)
        actions = [event.action for event in group.hub.history(federation.name, "de")]
        assert actions[0] == "resume"
        assert "suspend" in actions
    with pytest.raises(RegistryError, match='has no member "it"'):
        group.hub.suspend(federation, "it")
