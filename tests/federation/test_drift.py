"""What changed at a member is told exactly."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclave.federation import FederatedTable, Federation
from exclave.federation.drift import Drift, drift_of
from exclave.federation.joining import join_columns
from exclave.federation.remote import RemoteColumn, RemoteDatabase, RemoteTable
from exclave.federation.tables import MemberTable

COLUMNS = (
    RemoteColumn("id", 1, "integer", "integer", not_null=True, identity="d"),
    RemoteColumn("name", 2, "character varying", "character varying(30)", 34),
    RemoteColumn("mood", 4, None, "public.mood", enum=("a", "b"), enum_name="public.mood"),
    RemoteColumn("price", 5, "numeric", "numeric(10,2)", 655366),
    RemoteColumn("note", 6, "text", "text", has_default=True, default="'x'::text",
                 default_is_constant=True, default_digest="1"),
)  # fmt: skip
GENERATED, AS = "GENERATED", " AS IDENTITY"
TABLE = RemoteTable("public", "things", "r", COLUMNS, ("id",), 4711)


def database(*tables: RemoteTable) -> RemoteDatabase:
    """Give a member's database."""
    found = {(table.schema, table.name): table for table in tables}
    return RemoteDatabase(180004, "shop", 5, "UTF8", "C", "bytes", True, found)


def kept(table: RemoteTable = TABLE, **more: Any) -> MemberTable:
    """Give a member's table as the hub knows it."""
    federated = FederatedTable("things", **more)
    joining = join_columns(Federation("f", [federated]), federated, {"m1": table})
    columns = joining.of_members["m1"]
    return MemberTable("m1", "things", "public", "things", columns, ("id",), True, table)


def drift(*columns: RemoteColumn, **table: Any) -> list[tuple[Any, ...]]:
    """Give kind, column, before and after of what changed to these columns."""
    now = replace(TABLE, columns=columns, **table)
    found = drift_of("m1", [kept()], database(now))
    assert all(each.member == "m1" for each in found)
    return [(each.kind, each.column, each.before, each.after) for each in found]


def changed(column: str, **changes: Any) -> list[RemoteColumn]:
    """Give the columns, one of them changed."""
    return [replace(each, **changes) if each.name == column else each for each in COLUMNS]


def test_what_did_not_change_is_no_drift() -> None:
    assert drift(*COLUMNS) == []


def test_a_new_column_is_told_with_its_type() -> None:
    new = RemoteColumn("more", 7, "date", "date")
    assert drift(*COLUMNS, new) == [("added", "more", None, "date")]


def test_a_dropped_column_is_told() -> None:
    assert drift(*COLUMNS[:-1]) == [("dropped", "note", "text", None)]


def test_a_renamed_column_is_neither_dropped_nor_added() -> None:
    assert drift(*changed("note", name="remark")) == [("renamed", "note", "note", "remark")]


def test_a_column_that_took_the_name_of_a_dropped_one_is_another() -> None:
    again = replace(COLUMNS[-1], number=7)
    assert drift(*COLUMNS[:-1], again) == [
        ("dropped", "note", "text", None),
        ("added", "note", None, "text"),
    ]


def test_two_columns_that_exchanged_their_names_are_renamed() -> None:
    swapped = [replace(COLUMNS[1], name="note"), *COLUMNS[2:4], replace(COLUMNS[4], name="name")]
    assert drift(COLUMNS[0], *swapped) == [
        ("renamed", "name", "name", "note"),
        ("renamed", "note", "note", "name"),
    ]


@pytest.mark.parametrize(
    ("column", "kind", "changes"),
    [
        ("name", "widened", {"declared": "character varying(150)", "typmod": 154}),
        ("name", "narrowed", {"declared": "character varying(10)", "typmod": 14}),
        ("name", "widened", {"type": "text", "declared": "text", "typmod": -1}),
        ("name", "type", {"type": "bytea", "declared": "bytea", "typmod": -1}),
        ("name", "type", {"declared": "public.words", "typmod": -1, "domain": "public.words"}),
        ("id", "widened", {"type": "bigint", "declared": "bigint"}),
        ("id", "narrowed", {"type": "smallint", "declared": "smallint"}),
        ("price", "widened", {"declared": "numeric(12,2)", "typmod": 786438}),
        ("price", "type", {"declared": "numeric(10,4)", "typmod": 655368}),
        ("price", "narrowed", {"declared": "numeric(9,2)", "typmod": 589830}),
        ("price", "widened", {"declared": "numeric", "typmod": -1}),
        ("mood", "type", {"type": "text", "declared": "text", "enum": None, "enum_name": None}),
    ],
)
def test_a_change_of_type_says_in_which_way(
    column: str, kind: str, changes: dict[str, Any]
) -> None:
    [before] = (each.declared for each in COLUMNS if each.name == column)
    assert drift(*changed(column, **changes)) == [(kind, column, before, changes["declared"])]


@pytest.mark.parametrize(
    ("column", "changes", "expected"),
    [
        ("id", {"not_null": False}, ("nullability", "id", "NOT NULL", "nullable")),
        (
            "name",
            {"collation": 'pg_catalog."C"'},
            ("collation", "name", "the default", 'pg_catalog."C"'),
        ),
        (
            "note",
            {"default": "'y'::text", "default_digest": "2"},
            ("default", "note", "'x'::text", "'y'::text"),
        ),
        (
            "note",
            {"has_default": False, "default": None, "default_digest": None},
            ("default", "note", "'x'::text", "nothing"),
        ),
        (
            "id",
            {"identity": "a"},
            ("identity", "id", f"{GENERATED} BY DEFAULT{AS}", f"{GENERATED} ALWAYS{AS}"),
        ),
        ("price", {"generated": "s"},
         ("generated", "price", "a plain column", "a stored generated column")),
        ("mood", {"enum": ("a", "c", "b")}, ("labels", "mood", "a, b", "a, c, b")),
        ("mood", {"enum": ("b", "a")}, ("labels", "mood", "a, b", "b, a")),
    ],
)  # fmt: skip
def test_other_changes_are_told_one_by_one(
    column: str, changes: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert drift(*changed(column, **changes)) == [expected]


def test_a_default_that_is_no_longer_shown_is_the_same_default() -> None:
    assert drift(*changed("note", default=None)) == []


def test_a_key_is_told_and_follows_a_renamed_column() -> None:
    assert drift(*COLUMNS, key=("id", "name")) == [("key", None, "id", "id, name")]
    assert drift(*changed("id", name="number"), key=("number",)) == [
        ("renamed", "id", "id", "number")
    ]


def test_a_table_that_is_gone_is_told_once() -> None:
    [found] = drift_of("m1", [kept()], database())
    assert (found.kind, found.table, found.column) == ("missing-table", "things", None)


def test_a_table_made_anew_is_compared_by_the_names_of_its_columns() -> None:
    anew = [replace(each, number=place) for place, each in enumerate(COLUMNS[:4], 11)]
    assert drift(*anew, oid=9999) == [
        ("table-made-anew", None, "public.things", "public.things"),
        ("dropped", "note", "text", None),
    ]


def test_another_collation_of_the_database_is_told_once_for_all_tables() -> None:
    columns = tuple(replace(each, sorts_alike=False) for each in COLUMNS)
    other = replace(TABLE, name="others")
    known = [kept(), replace(kept(other), table="others", remote_table="others")]
    now = database(replace(TABLE, columns=columns), replace(other, columns=columns))
    [found] = drift_of("m1", known, now)
    assert (found.kind, found.table) == ("database-collation", None)


def test_columns_that_the_federation_does_not_take_are_not_looked_at() -> None:
    federated = FederatedTable("things", exclude=["note", "more"])
    now = replace(TABLE, columns=(*COLUMNS[:-1], RemoteColumn("more", 7, "date", "date")))
    known = kept(exclude=["note"])
    takes = lambda _, column: federated.takes(column)  # noqa: E731
    assert drift_of("m1", [known], database(now), takes) == ()
    assert drift_of("m1", [known], database(now)) != ()


def test_a_drift_is_a_sentence_and_json() -> None:
    found = Drift("widened", "ewr", "flights", "note", "character varying(30)", "text")
    assert str(found) == (
        'Member "ewr", table "flights", column "note": it is wider: text instead of '
        "character varying(30)."
    )
    data = json.loads(json.dumps(found.to_dict()))
    assert data["message"] == str(found)
    assert (data["kind"], data["breaks"]) == ("widened", False)


CHANGES = st.sampled_from(
    [
        ("note", {"name": "remark"}, "renamed"),
        ("name", {"declared": "character varying(40)", "typmod": 44}, "widened"),
        ("id", {"identity": ""}, "identity"),
        ("price", {"not_null": True}, "nullability"),
        ("mood", {"enum": ("a", "b", "c")}, "labels"),
        ("name", {"collation": 'pg_catalog."C"'}, "collation"),
    ]
)


@given(st.lists(CHANGES, unique_by=lambda each: each[2]), st.permutations(COLUMNS))
def test_every_change_is_told_and_nothing_else(
    changes: list[tuple[str, dict[str, Any], str]], order: list[RemoteColumn]
) -> None:
    columns = list(order)
    for name, change, _ in changes:
        place = next(i for i, each in enumerate(COLUMNS) if each.name == name)
        number = COLUMNS[place].number
        columns = [replace(each, **change) if each.number == number else each for each in columns]
    key = tuple(each.name for each in columns if each.number == 1)
    found = drift(*columns, key=key)
    assert sorted(each[0] for each in found) == sorted(kind for _, _, kind in changes)
