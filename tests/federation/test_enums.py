"""Enums of members: as text, and as types on the hub; read and written by anybody."""

# ruff: noqa: S608 - all statements are of constants
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclave.errors import FederationError
from exclave.federation import FederatedTable, Federation
from exclave.federation.labels import merged
from exclave.federation.provisioning.types import enum_statements
from exclave.objects import QualifiedName

from .conftest import Group

NewGroup = Callable[..., Group]
ITEMS = (
    "CREATE TYPE mood AS ENUM ({labels}); CREATE TABLE items (id int PRIMARY KEY, "
    "mood mood DEFAULT 'mmm', moods mood[]{more}); INSERT INTO items (id, mood, moods) VALUES "
    "(1, 'zzz', '{{zzz,mmm}}'), (2, 'mmm', NULL), (3, 'aaa', '{{}}');"
)
PLAIN = ITEMS.format(labels="'zzz', 'mmm', 'aaa'", more="")
GENERATED = ITEMS.format(
    labels="'zzz', 'yyy', 'mmm', 'aaa'", more=", at timestamptz NOT NULL DEFAULT now()"
)


def made(new_group: NewGroup, enums: Literal["text", "type"]) -> Group:
    """Give a group with a federation of items, one of whose members generates values."""
    group = new_group({"plain": PLAIN, "generated": GENERATED})
    federation = Federation("f", [FederatedTable("items", enums=enums)])
    for company in group.companies.values():
        group.hub.add_member(federation, company.member)
    group.hub.apply(federation)
    return group


@pytest.mark.parametrize("enums", ["text", "type"])
def test_an_enum_is_filtered_sorted_and_written_through_every_table(
    new_group: NewGroup, enums: Literal["text", "type"]
) -> None:
    group = made(new_group, enums)
    order = ["zzz", "yyy", "mmm", "aaa"] if enums == "type" else ["aaa", "mmm", "yyy", "zzz"]
    with group.connect() as hub:
        for slug in ("plain", "generated"):
            _check_joined(hub, slug, order)
            _check_own(hub, f"f_{slug}_insertable.items", order)
    group.hub.uninstall()
    with group.connect() as hub:
        left = "SELECT typname FROM pg_type WHERE typnamespace = to_regnamespace('f')::oid"
        assert hub.execute(left).fetchall() == []


def _moods(hub: psycopg.Connection[Any], table: str, rest: str) -> list[str]:
    query = f"SELECT mood::text AS said FROM {table} {rest}"
    return [mood for (mood,) in hub.execute(query.encode())]


def _check_joined(hub: psycopg.Connection[Any], slug: str, order: list[str]) -> None:
    table, one = "f.items", f"member = '{slug}'"
    assert _moods(hub, table, f"WHERE {one} ORDER BY mood") == [
        each for each in order if each != "yyy"
    ]
    assert _moods(hub, table, f"WHERE {one} AND mood IN ('aaa', 'zzz') ORDER BY id") == [
        "zzz",
        "aaa",
    ]
    hub.execute(f"INSERT INTO f.items (member, id, mood) VALUES ('{slug}', 4, 'aaa')".encode())
    hub.execute(f"INSERT INTO f.items (member, id) VALUES ('{slug}', 5)".encode())
    assert _moods(hub, table, f"WHERE {one} AND id > 3 ORDER BY id") == ["aaa", "mmm"]
    for value in ("'zzz'", "NULL", "DEFAULT"):
        hub.execute(f"UPDATE f.items SET mood = {value} WHERE {one} AND id = 4".encode())
    changed = f"UPDATE f.items SET moods = '{{aaa}}' WHERE {one} AND id = 5 RETURNING moods::text"
    assert hub.execute(changed.encode()).fetchall() == [("{aaa}",)]
    assert _moods(hub, table, f"WHERE {one} AND id > 3 ORDER BY id") == ["mmm", "mmm"]
    gone = f"DELETE FROM f.items WHERE {one} AND mood = 'mmm' AND id > 3"
    assert hub.execute(gone.encode()).rowcount == 2


def _check_own(hub: psycopg.Connection[Any], table: str, order: list[str]) -> None:
    hub.execute(f"INSERT INTO {table} (id, mood, moods) VALUES (6, 'aaa', '{{zzz}}')".encode())
    for value in ("'zzz'", "NULL", "'mmm'"):
        hub.execute(f"UPDATE {table} SET mood = {value} WHERE id = 6".encode())
    assert _moods(hub, table, "WHERE mood IN ('mmm', 'aaa') ORDER BY id") == ["mmm", "aaa", "mmm"]
    assert _moods(hub, table, "WHERE id <> 6 ORDER BY mood") == [
        each for each in order if each != "yyy"
    ]
    hub.execute("SET plan_cache_mode = force_generic_plan")
    hub.execute(f"PREPARE p AS SELECT id FROM {table} WHERE mood = $1".encode())
    assert sorted(hub.execute("EXECUTE p('mmm')")) == [(2,), (6,)]
    hub.execute("DEALLOCATE p; RESET plan_cache_mode")


def test_an_enum_on_the_hub_gets_the_labels_of_members_that_join_later(
    new_group: NewGroup,
) -> None:
    group = made(new_group, "type")
    federation = Federation("f", [FederatedTable("items", enums="type")])
    more = ITEMS.format(labels="'new', 'zzz', 'mmm', 'aaa', 'last'", more="")
    group.hub.add_member(federation, group.new("later", more).member)
    group.hub.apply(federation)
    with group.connect() as hub:
        hub.execute("INSERT INTO f.items (member, id, mood) VALUES ('later', 7, 'last')")
        found = hub.execute("SELECT enum_range(NULL::f.mood)::text").fetchone()
        assert found == ("{new,zzz,yyy,mmm,aaa,last}",)
    other = group.new("other", ITEMS.format(labels="'aaa', 'mmm', 'zzz'", more=""))
    group.hub.add_member(federation, other.member)
    with pytest.raises(FederationError, match="stand in different orders"):
        group.hub.apply(federation)


labels = st.lists(st.sampled_from("abcde"), unique=True, min_size=1)


@given(labels, labels)
def test_an_enum_is_extended_to_the_merged_order(there: list[str], more: list[str]) -> None:
    wanted = merged([there, more])
    if wanted is None:
        return
    name = QualifiedName("mood", "f")
    found = list(there)
    for statement in enum_statements(name, there, more):
        words = statement.replace("'", "").split()
        assert words[:5] == ["ALTER", "TYPE", "f.mood", "ADD", "VALUE"]
        before = words[7] if "BEFORE" in words else None
        found.insert(found.index(before) if before else len(found), words[5])
    assert tuple(found) == wanted
