"""What the registry gives back of what it was given; secrets as references."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from exclave import Options, Secret
from exclave.catalog import Connection
from exclave.cluster import Cluster, fresh_database
from exclave.errors import RegistryError
from exclave.federation import FederatedTable, Federation, Hub, Member, registry
from exclave.federation.columns import JoinedColumn, MemberColumn
from exclave.federation.naming import names_of
from exclave.federation.remote import RemoteTable
from exclave.federation.tables import JoinedTable, MemberTable
from exclave.objects import HIDDEN

SHOPS = Federation(
    "shops",
    [
        FederatedTable("orders", at={"south": "ORDERS"}, types={"id": "bigint"}, key=["id"]),
        FederatedTable("people", exclude=["note"], stale=True, omit=[["id", "at"]]),
    ],
    readers=["analyst"],
    server_options={"fetch_size": 5, "connect_timeout": None},
)

NORTH = Member.postgres(
    "north", host="n.db", user="reporting", password=Secret.env("NORTH"), labels={"country": "NL"}
)
SOUTH = Member(
    "south",
    "anything",
    {"url": "http://s", "token": "hunter2"},
    {"user": "me", "wort": "hunter2", "password": Secret.call(lambda: "hunter2")},
    labels={"country": "ES", "tier": "gold"},
    writable=False,
)


@pytest.fixture(scope="module")
def hub(cluster: Cluster) -> Iterator[Hub]:
    """Give a hub whose registry the tests leave empty."""
    with fresh_database(cluster) as database:
        hub = Hub(database.dsn)
        hub.install()
        yield hub


class UndoneError(Exception):
    """Ends a test's transaction."""


@pytest.fixture
def connection(hub: Hub) -> Iterator[Connection]:
    """Give a session as the owner, all of which is undone, with a federation of two members."""
    try:
        with hub.transaction() as connection:
            registry.save_federation(connection, SHOPS)
            for chunk, member in enumerate((NORTH, SOUTH), 1):
                names = names_of(SHOPS, member.slug)
                registry.insert_member(connection, "shops", member, names, chunk)
            yield connection
            raise UndoneError
    except UndoneError:
        pass


def test_a_federation_is_as_it_was_saved_last(connection: Connection) -> None:
    assert registry.load_federation(connection, "shops") == SHOPS
    assert registry.load_federation(connection, "other") is None
    changed = Federation("shops", ["orders"], layout="inheritance")
    registry.save_federation(connection, changed)
    other = Federation("airlines", ["planes"])
    registry.save_federation(connection, other)
    assert registry.load_federations(connection) == [other, changed]


def test_members_come_by_slug_and_by_labels(connection: Connection) -> None:
    def slugs(**labels: str) -> list[str]:
        return [m.slug for m in registry.load_members(connection, "shops", labels)]

    assert slugs() == ["north", "south"]
    assert slugs(country="NL") == ["north"]
    assert slugs(country="ES", tier="gold") == ["south"]
    assert slugs(country="NL", tier="gold") == []
    assert registry.load_members(connection, "other") == []


def test_a_member_is_as_it_was_given_but_for_values_of_secrets(connection: Connection) -> None:
    state, member = registry.member_row(connection, "shops", "north")
    assert member == NORTH
    assert (state.server, state.schema, state.chunk) == ("shops_north", "shops_north", 1)
    assert (state.state, state.joined, state.suspended) == ("adding", None, None)
    state, member = registry.member_row(connection, "shops", "south")
    assert (member.wrapper, member.labels, member.writable) == ("anything", SOUTH.labels, False)
    assert member.server_options == Options({"token": HIDDEN, "url": "http://s"})
    hidden = {"password": HIDDEN, "user": "me", "wort": HIDDEN}
    assert member.mapping_options == Options(hidden)
    assert not state.writable


def test_no_value_of_a_secret_is_in_the_registry(connection: Connection) -> None:
    registry.record(connection, "try", "shops", "north", password=Secret.literal("hunter2"))
    for table in ("member", "federation", "history"):
        rows = connection.fetch(f"TABLE exclave.{table}")
        assert rows
        assert "hunter2" not in str(rows)
    [(definition,)] = connection.fetch(
        "SELECT definition::text FROM exclave.member WHERE slug = 'north'"
    )
    assert json.loads(definition)["mapping_options"]["password"] == {
        "secret": "env",
        "reference": ["NORTH"],
    }


def test_a_members_state_follows_its_life(connection: Connection) -> None:
    registry.set_state(connection, "shops", "north", "joined", shape_digest="x", chunk=7)
    then = datetime(2026, 11, 20, 12, tzinfo=UTC)
    registry.set_state(connection, "shops", "south", refreshed_at=then)
    north, south = registry.load_members(connection, "shops")
    assert (north.state, north.chunk, north.shape_digest) == ("joined", 7, "x")
    assert north.joined is not None
    assert (south.state, south.refreshed, south.joined) == ("adding", then, None)
    registry.suspend(connection, "shops", "north", "moving house")
    [north, _] = registry.load_members(connection, "shops")
    assert north.suspended is not None
    assert north.suspended_reason == "moving house"
    registry.resume(connection, "shops", "north")
    assert registry.member_row(connection, "shops", "north")[0].suspended is None
    registry.delete_member(connection, "shops", "north")
    assert [m.slug for m in registry.load_members(connection, "shops")] == ["south"]


def test_a_member_can_be_given_other_options(connection: Connection) -> None:
    changed = Member.postgres("north", host="n2.db", labels={"country": "BE"}, writable=False)
    registry.update_member(connection, "shops", changed)
    assert registry.member_row(connection, "shops", "north")[1] == changed


def test_an_unknown_member_is_an_error_that_lists_the_members(connection: Connection) -> None:
    unknown = Member("west")
    for act in (
        lambda: registry.member_row(connection, "shops", "west"),
        lambda: registry.set_state(connection, "shops", "west", "leaving"),
        lambda: registry.suspend(connection, "shops", "west", None),
        lambda: registry.update_member(connection, "shops", unknown),
    ):
        with pytest.raises(RegistryError, match='"shops" has no member "west"; it has north, sou'):
            act()


def member_table(slug: str, name: str) -> MemberTable:
    columns = (
        MemberColumn("id", "ID", 1, "bigint", generated=True, always=True, not_null=True),
        MemberColumn("note", "note", 3, "text", cast="varchar", constant="'it''s'::text"),
    )
    remote = RemoteTable("public", name.upper(), "r", (), ("ID",), 4711)
    return MemberTable(slug, name, "public", name.upper(), columns, ("id",), True, remote)


def test_tables_of_members_come_back(connection: Connection) -> None:
    tables = [
        member_table(slug, name) for slug in ("north", "south") for name in ("orders", "people")
    ]
    registry.save_member_tables(connection, "shops", tables)
    registry.save_member_tables(connection, "shops", tables[:1])
    assert registry.load_member_tables(connection, "shops") == tables
    assert registry.load_member_tables(connection, "shops", ["south"]) == tables[2:]
    assert registry.load_member_tables(connection, "shops", table="people") == tables[1::2]
    registry.delete_member_tables(connection, "shops", "south", ["people"])
    registry.delete_member_tables(connection, "shops", "north")
    assert registry.load_member_tables(connection, "shops") == tables[2:3]


def test_joined_tables_come_back(connection: Connection) -> None:
    columns = (JoinedColumn("id", "bigint"), JoinedColumn("mood", "text", ("sad", "ok")))
    orders = JoinedTable("orders", columns, ("id",), {1: "one", 12: "twelve"})
    people = JoinedTable("people", columns, ())
    registry.save_joined(connection, "shops", [people, orders])
    assert registry.load_joined(connection, "shops") == {"orders": orders, "people": people}
    registry.delete_joined(connection, "shops", ["people"])
    assert registry.load_joined(connection, "shops") == {"orders": orders}


def test_history_tells_who_did_what_the_last_first(connection: Connection) -> None:
    registry.record(connection, "add member", "shops", "north", labels={"a": 1})
    registry.record(connection, "add member", "shops", "south")
    registry.record(connection, "apply", "other")
    events = registry.history(connection)
    assert [(e.action, e.federation, e.slug) for e in events] == [
        ("apply", "other", None),
        ("add member", "shops", "south"),
        ("add member", "shops", "north"),
        ("install", None, None),
    ]
    assert {e.role for e in events} == {"postgres"}
    assert [e.slug for e in registry.history(connection, "shops")] == ["south", "north"]
    [first] = registry.history(connection, "shops", "north")
    assert first.detail == {"labels": {"a": 1}}
    assert first.to_dict()["at"].startswith("20")
    assert len(registry.history(connection, limit=2)) == 2


def test_a_federation_that_is_deleted_takes_its_members_along(connection: Connection) -> None:
    registry.save_member_tables(connection, "shops", [member_table("north", "orders")])
    registry.set_federation_joined(connection, "shops")
    registry.delete_federation(connection, "shops")
    assert registry.load_members(connection, "shops") == []
    assert registry.load_member_tables(connection, "shops") == []
