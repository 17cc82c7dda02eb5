"""Which foreign tables a member's table needs, so that each INSERT can leave out what it may."""

from __future__ import annotations

import pytest

from exclave.federation import FederatedTable
from exclave.federation.columns import MemberColumn
from exclave.federation.remote import RemoteTable
from exclave.federation.routing import constant_of, variants_of
from exclave.federation.tables import MemberTable

REMOTE = RemoteTable("public", "flights", "r", (), (), 1)


def variants(
    *columns: MemberColumn, key: tuple[str, ...] = ("id",), omit: tuple[tuple[str, ...], ...] = ()
) -> dict[str, set[str]]:
    table = MemberTable("jfk", "flights", "public", "flights", columns, key, True, REMOTE)
    federated = FederatedTable("flights", omit=omit)
    return {each.name: set(each.omitted) for each in variants_of(table, federated)}


def column(name: str, **more: object) -> MemberColumn:
    return MemberColumn(name, name, 1, "text", **more)  # type: ignore[arg-type]


def test_where_a_member_generates_nothing_there_is_the_plain_table_alone() -> None:
    assert variants(column("id"), column("carrier", constant="'UA'::text")) == {"": set()}


def test_a_generated_key_needs_one_table_more() -> None:
    assert variants(column("id", generated=True), column("carrier")) == {"": set(), "new": {"id"}}


def test_other_generated_columns_can_be_left_out_with_the_key_and_without_it() -> None:
    columns = (column("id", generated=True), column("made", generated=True))
    assert variants(*columns) == {
        "": set(),
        "new": {"id", "made"},
        "keyed": {"made"},
        "unkeyed": {"id"},
    }


def test_what_is_generated_always_is_left_out_of_every_insert() -> None:
    columns = (
        column("id", generated=True),
        column("made", generated=True),
        column("total", generated=True, always=True),
    )
    assert variants(*columns) == {
        "": set(),
        "new": {"id", "made", "total"},
        "keyed": {"made", "total"},
        "unkeyed": {"id", "total"},
        "given": {"total"},
    }


def test_other_sets_of_columns_are_asked_for() -> None:
    columns = (
        column("id", generated=True),
        column("a", generated=True),
        column("b", generated=True),
    )
    found = variants(*columns, omit=(("id", "a"), ("id",), ("b", "c")))
    assert found["omit1"] == {"id", "a"}
    assert "omit2" not in found, "it is the same as unkeyed"
    assert found["omit3"] == {"b"}, "c is not generated here"


@pytest.mark.parametrize(
    ("default", "constant"),
    [
        ("'UA'::text", "'UA'"),
        ("'it''s'::character varying", "'it''s'"),
        ("'a::b'::text", "'a::b'"),
        ("7", "7"),
        ("'-1'::integer", "'-1'"),
        ("(-1.50)", "-1.50"),
        ("(0)::numeric", "0"),
        ("true", "true"),
        ("'new'::shop.state", "'new'"),
        ("now()", None),
        ("'a'; DROP TABLE flights", None),
        ("7 + 1", None),
        ("B'101'::\"bit\"", None),
        (r"E'a\\b'::text", None),
        ("(SELECT 1)", None),
        (None, None),
    ],
)
def test_only_a_plain_constant_is_taken_from_a_default(
    default: str | None, constant: str | None
) -> None:
    assert constant_of(column("a", constant=default)) == constant


def test_a_default_that_cannot_be_sent_as_a_constant_is_generated_by_the_member() -> None:
    assert variants(column("id"), column("path", constant=r"E'a\\b'::text")) == {
        "": set(),
        "new": {"path"},
    }
