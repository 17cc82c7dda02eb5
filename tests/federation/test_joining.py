"""How the columns of members become those of a joined table."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclave.errors import DeclarationError
from exclave.federation import FederatedTable, Federation
from exclave.federation.columns import JoinedColumn, MemberColumn
from exclave.federation.joining import Joining, join_columns
from exclave.federation.remote import RemoteColumn, RemoteTable


def column(name: str, type_: str | None = "integer", **more: Any) -> RemoteColumn:
    """Give a column as a member may have it."""
    number = more.pop("number", 1)
    return RemoteColumn(name, number, type_, more.pop("declared", type_ or "?"), **more)


def enum(name: str, *labels: str, **more: Any) -> RemoteColumn:
    """Give a column of an enum."""
    more.setdefault("enum_name", "public.mood")
    return column(name, None, declared="public.mood", enum=labels, **more)


def table(*columns: RemoteColumn) -> RemoteTable:
    """Give a member's table."""
    return RemoteTable("public", "t", "r", columns, (), 1)


def joined(
    *members: RemoteTable | None,
    former: tuple[JoinedColumn, ...] = (),
    layout: Any = "union",
    **more: Any,
) -> Joining:
    """Join the tables of members m1, m2 …"""
    federated = FederatedTable("t", **more)
    federation = Federation("f", [federated], layout=layout)
    there = {f"m{place}": each for place, each in enumerate(members, 1) if each is not None}
    return join_columns(federation, federated, there, former)


def refused(*members: RemoteTable, **more: Any) -> str:
    """Give the message with which members' tables are refused."""
    with pytest.raises(DeclarationError) as caught:
        joined(*members, **more)
    return str(caught.value)


def test_columns_are_those_of_all_members_in_the_order_they_are_met() -> None:
    found = joined(table(column("id"), column("a")), table(column("b"), column("a"), column("id")))
    assert [each.name for each in found.columns] == ["id", "a", "b"]
    assert [each.name for each in found.of_members["m1"]] == ["id", "a"]
    assert [each.name for each in found.of_members["m2"]] == ["b", "a", "id"]


def test_a_narrower_column_is_declared_in_the_joined_type_without_a_cast() -> None:
    found = joined(
        table(column("id", "integer", declared="integer"), column("n", "character varying")),
        table(column("id", "bigint"), column("n", "text")),
    )
    assert [(each.name, each.type) for each in found.columns] == [("id", "bigint"), ("n", "text")]
    for columns in found.of_members.values():
        assert [(each.type, each.cast) for each in columns] == [("bigint", None), ("text", None)]
        assert [each.expression for each in columns] == ["id", "n"]


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("real", "double precision"),
        ("bpchar", "text"),
        ("integer", "numeric"),
        ("name", "text"),
        ("date", "timestamp without time zone"),
    ],
)
def test_where_the_remote_would_compare_otherwise_the_branch_has_a_cast(
    narrow: str, wide: str
) -> None:
    found = joined(table(column("a", narrow)), table(column("a", wide)))
    [first], [second] = found.of_members["m1"], found.of_members["m2"]
    assert (first.type, first.cast, first.expression) == (narrow, wide, f"a::{wide}")
    assert (second.type, second.cast) == (wide, None)


def test_types_that_differ_are_refused_with_members_types_and_what_to_do() -> None:
    message = refused(
        table(column("at", "timestamp without time zone"), column("ok")),
        table(column("at", "timestamp with time zone"), column("ok", "text")),
    )
    assert '"at"' in message
    assert "timestamp without time zone at m1; timestamp with time zone at m2" in message
    assert 'types={"at": "text"}' in message
    assert "integer at m1; text at m2" in message


def test_a_type_by_choice_is_reached_by_a_cast() -> None:
    found = joined(table(column("a", "integer")), table(column("a", "text")), types={"a": "text"})
    assert found.columns == (JoinedColumn("a", "text"),)
    [[first], [second]] = found.of_members.values()
    assert (first.type, first.cast) == ("integer", "text")
    assert (second.type, second.cast) == ("text", None)


@pytest.mark.parametrize("spelled", ["varchar(10)", "char", "timestamp(3)"])
def test_a_type_by_choice_has_no_modifier(spelled: str) -> None:
    assert "no modifier" in refused(table(column("a", "text")), types={"a": spelled})


def test_a_type_that_the_hub_lacks_is_refused_until_one_is_chosen() -> None:
    spot = column("spot", None, declared="public.spot", unknown="the hub has no type public.spot")
    message = refused(table(spot))
    assert "m1: the hub has no type public.spot" in message
    assert 'exclude=["spot"]' in message
    assert joined(table(spot, column("id")), exclude=["spot"]).columns == (
        JoinedColumn("id", "integer"),
    )
    [chosen] = joined(table(spot), types={"spot": "text"}).of_members["m1"]
    assert (chosen.type, chosen.cast) == ("character varying", "text")


def test_an_enum_is_text_that_is_cast_so_that_it_is_sent_as_text() -> None:
    found = joined(table(enum("m", "a", "b")), table(column("m", "text")), table(enum("m", "c")))
    assert found.columns == (JoinedColumn("m", "text"),)
    expressions = [columns[0].expression for columns in found.of_members.values()]
    assert expressions == ["m::text", "m", "m::text"]
    assert found.of_members["m1"][0].type == "character varying"


def test_an_enum_is_cast_to_varchar_too_when_that_is_chosen() -> None:
    [[only]] = joined(table(enum("m", "a")), types={"m": "varchar"}).of_members.values()
    assert (only.type, only.cast) == ("text", "character varying")


def test_an_array_of_an_enum_is_an_array_of_text() -> None:
    found = joined(table(enum("m", "a", array=True)))
    assert found.columns == (JoinedColumn("m", "text[]"),)
    [[only]] = found.of_members.values()
    assert (only.type, only.cast) == ("character varying[]", "text[]")


def test_an_enum_as_a_type_has_the_labels_of_all_members() -> None:
    found = joined(table(enum("m", "a", "c")), table(enum("m", "a", "b", "c", "d")), enums="type")
    assert found.columns == (JoinedColumn("m", "f.mood", ("a", "b", "c", "d")),)
    for [only] in found.of_members.values():
        assert (only.type, only.cast) == ("f.mood", None)


def test_an_enum_as_a_type_is_refused_where_it_is_none_or_another() -> None:
    for other in (column("m", "text"), enum("m", "a", enum_name="public.other")):
        message = refused(table(enum("m", "a")), table(other), enums="type")
        assert 'enums="text"' in message
    message = refused(table(enum("m", "a", "b")), table(enum("m", "b", "a")), enums="type")
    assert "different orders (m1: a, b; m2: b, a)" in message


def test_an_enum_named_as_a_table_gets_another_name() -> None:
    found = joined(table(enum("m", "a", enum_name="public.t")), enums="type")
    assert found.columns[0].type == "f.t_enum"


orders = st.lists(st.permutations("abcd").map(lambda each: each[:3]), min_size=1, max_size=3)


@given(orders)
def test_merged_labels_keep_every_members_order(given_orders: list[list[str]]) -> None:
    members = [table(enum("m", *order)) for order in given_orders]
    try:
        [only] = joined(*members, enums="type").columns
    except DeclarationError:
        pairs = {(order[i], order[j]) for order in given_orders for i in range(3) for j in range(i)}
        assert _has_circle(pairs)
        return
    assert only.enum is not None
    for order in given_orders:
        assert sorted(order, key=only.enum.index) == list(order)
    assert set(only.enum) == {label for order in given_orders for label in order}


def _has_circle(pairs: set[tuple[str, str]]) -> bool:
    reach = set(pairs)
    while more := {(a, d) for a, b in reach for c, d in reach if b == c} - reach:
        reach |= more
    return any(a == b for a, b in reach)


def test_columns_are_taken_and_left_out_by_name() -> None:
    wide = table(column("id"), column("a"), column("b"))
    assert [each.name for each in joined(wide, only=["b", "id"]).columns] == ["id", "b"]
    assert [each.name for each in joined(wide, exclude=["a"]).columns] == ["id", "b"]
    message = refused(wide, only=["id", "idd"])
    assert 'only= names "idd", which no member has; the columns are id' in message
    assert "types=" in refused(wide, types={"none": "text"})


def test_the_member_column_is_not_taken_by_a_members_own() -> None:
    message = refused(table(column("id"), column("member", "text")))
    assert '"member" at m1 has the name of the member column' in message


def test_inheritance_takes_the_columns_of_the_first_member() -> None:
    found = joined(
        table(column("id"), column("a")),
        table(column("a"), column("more"), column("id")),
        layout="inheritance",
    )
    assert [each.name for each in found.columns] == ["id", "a"]
    assert [each.name for each in found.of_members["m2"]] == ["a", "id"]


def test_inheritance_refuses_members_that_differ_and_names_them() -> None:
    message = refused(
        table(column("id"), column("a", "real"), column("b")),
        table(column("id", "bigint"), column("a", "double precision")),
        table(column("id")),
        layout="inheritance",
    )
    assert '"b" is missing at m2, m3' in message
    assert '"a" is missing at m3' in message
    assert 'one type of "a" at all members (m1: real, m2: double precision)' in message
    assert '"id"' not in message


def test_inheritance_refuses_a_further_member_that_differs_from_what_is_joined() -> None:
    former = (JoinedColumn("a", "double precision"),)
    message = refused(table(column("a", "real")), former=former, layout="inheritance")
    assert "(joined so far: double precision, m1: real)" in message
    wider = joined(table(column("a", "bigint")), former=(JoinedColumn("a", "integer"),))
    assert wider.columns == (JoinedColumn("a", "bigint"),)


def test_a_parent_table_has_the_type_that_its_children_declare() -> None:
    [only] = joined(table(enum("m", "a")), layout="inheritance").columns
    assert (only.type, only.declared) == ("text", "character varying")
    assert only.definition == "m character varying"


def test_former_columns_stay_with_their_places_and_types() -> None:
    former = (JoinedColumn("gone", "text"), JoinedColumn("id", "bigint"))
    found = joined(table(column("new"), column("id")), former=former)
    assert found.columns == (*former, JoinedColumn("new", "integer"))
    assert [each.name for each in found.of_members["m1"]] == ["new", "id"]
    assert found.of_members["m1"][1].type == "bigint"


def test_a_former_type_that_no_longer_fits_gives_way() -> None:
    former = (JoinedColumn("id", "integer"),)
    assert joined(table(column("id", "text")), former=former).columns[0].type == "text"


GERMAN = 'pg_catalog."de_DE"'


def test_a_collation_that_all_members_sort_by_is_that_of_the_joined_column() -> None:
    found = joined(*(table(column("a", "text", sorts_as=GERMAN)) for _ in range(2)))
    assert found.columns == (JoinedColumn("a", "text", collation=GERMAN),)
    assert found.columns[0].null == f"NULL::text COLLATE {GERMAN}"
    for [only] in found.of_members.values():
        assert (only.collation, only.sorted_by, only.expression) == (GERMAN, None, "a")


def test_text_of_members_that_sort_otherwise_is_sorted_on_the_hub() -> None:
    found = joined(
        table(column("a", "text")),
        table(column("a", "character varying", sorts_as=GERMAN)),
        table(enum("a", "x", sorts_alike=False)),
    )
    assert found.columns == (JoinedColumn("a", "text"),)
    expressions = [columns[0].expression for columns in found.of_members.values()]
    hidden = 'GREATEST(a COLLATE "default")', 'GREATEST(a::text COLLATE "default")'
    assert expressions == ["a", *hidden]
    assert [columns[0].collation for columns in found.of_members.values()] == [None, GERMAN, None]


def test_a_joined_column_keeps_its_collation_whoever_joins() -> None:
    former = (JoinedColumn("a", "text", collation=GERMAN),)
    found = joined(
        table(column("a", "text", sorts_as=GERMAN)),
        table(column("a", "text")),
        table(column("a", "integer")),
        former=former,
        types={"a": "text"},
    )
    assert found.columns == former
    expressions = [columns[0].expression for columns in found.of_members.values()]
    greatest = f"GREATEST(a COLLATE {GERMAN})", f"GREATEST(a::text COLLATE {GERMAN})"
    assert expressions == ["a", *greatest]


def test_numbers_have_no_collation_however_text_sorts_there() -> None:
    found = joined(table(column("a", sorts_as=GERMAN)), table(column("a", sorts_alike=False)))
    assert found.columns == (JoinedColumn("a", "integer"),)
    assert {columns[0].expression for columns in found.of_members.values()} == {"a"}


@pytest.mark.parametrize(
    ("more", "generated", "constant", "always"),
    [
        ({}, False, None, False),
        ({"identity": "a"}, True, None, True),
        ({"identity": "d"}, True, None, False),
        ({"generated": "s"}, True, None, True),
        ({"default": "now()", "default_is_constant": False}, True, None, False),
        ({"default": None, "default_is_constant": True}, True, None, False),
        ({"default": "'it''s'::text", "default_is_constant": True}, False, "'it''s'", False),
        ({"default": "'x'::shop.\"Mood\"", "default_is_constant": True}, False, "'x'", False),
        ({"default": "0", "default_is_constant": True}, False, "0", False),
        ({"default": "'-1'::integer", "default_is_constant": True}, False, "'-1'", False),
        ({"default": "(0)::numeric", "default_is_constant": True}, False, "0", False),
        ({"default": "true", "default_is_constant": True}, False, "true", False),
        ({"default": "NULL::text", "default_is_constant": True}, False, None, False),
        ({"default": "E'\\\\x'::bytea", "default_is_constant": True}, True, None, False),
        ({"default": "('a'::text || 'b'::text)", "default_is_constant": False}, True, None, False),
    ],
)
def test_what_the_member_gives_a_value_is_told_from_what_the_hub_can_send(
    more: dict[str, Any], generated: bool, constant: str | None, always: bool
) -> None:
    has_default = "default_is_constant" in more
    [[only]] = joined(table(column("a", has_default=has_default, **more))).of_members.values()
    assert (only.generated, only.constant, only.always) == (generated, constant, always)


def test_number_name_and_nullability_are_the_members() -> None:
    [[only]] = joined(table(column("Name", number=7, not_null=True))).of_members.values()
    assert (only.remote_name, only.number, only.not_null) == ("Name", 7, True)
    assert only.expression == '"Name"'


def test_columns_survive_as_plain_data() -> None:
    found = joined(table(enum("m", "a"), column("b", "text", sorts_as=GERMAN)), enums="type")
    for each in found.columns:
        assert JoinedColumn.from_dict(json.loads(json.dumps(each.to_dict()))) == each
    for one in found.of_members["m1"]:
        assert MemberColumn.from_dict(json.loads(json.dumps(one.to_dict()))) == one


SAMPLES = [
    column("a", "integer"), column("a", "bigint"), column("a", "text"), column("a", "bpchar"),
    column("b", "real"), column("b", "double precision"), column("b", "text", sorts_as=GERMAN),
    enum("b", "x", "y"), column("c", "date"), column("c", "timestamp without time zone"),
]  # fmt: skip
tables = st.lists(st.sampled_from(SAMPLES), unique_by=lambda each: each.name, max_size=3).map(
    lambda columns: table(*columns)
)


@given(st.lists(tables, min_size=1, max_size=4))
def test_joining_again_over_what_was_joined_changes_nothing(members: list[RemoteTable]) -> None:
    try:
        first = joined(*members)
    except DeclarationError:
        return
    assert joined(*members, former=first.columns) == first
    names = {each.name for member in members for each in member.columns}
    assert {each.name for each in first.columns} == names


@given(st.lists(tables, min_size=1, max_size=3), tables)
def test_one_more_member_only_adds_columns_at_the_end(
    members: list[RemoteTable], more: RemoteTable
) -> None:
    try:
        before = joined(*members)
        after = joined(*members, more, former=before.columns)
    except DeclarationError:
        return
    names = [each.name for each in before.columns]
    assert [each.name for each in after.columns][: len(names)] == names


@given(st.lists(tables, min_size=1, max_size=4))
def test_a_column_is_of_the_joined_type_or_cast_to_it(members: list[RemoteTable]) -> None:
    try:
        found = joined(*members)
    except DeclarationError:
        return
    types = {each.name: each.type for each in found.columns}
    for columns in found.of_members.values():
        for each in columns:
            assert (each.cast or each.type) == types[each.name]
            assert each.cast != each.type
