"""Many rows at once, over the API."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable

import psycopg
import pytest

from exclave.errors import DeclarationError, MemberError
from exclave.federation import Federation
from exclave.federation.routing import insert_rows

from ..conftest import Group
from .conftest import Airports


def test_rows_go_to_their_members_in_one_transaction(airports: Airports) -> None:
    rows = [
        {"member": "ewr", "carrier": "A", "seats": 1},
        {"member": "jfk", "carrier": "B", "seats": 2},
        {"member": "ewr", "carrier": "C", "seats": 3},
        {"member": "lga", "carrier": "D", "seats": 4},
    ]
    done = insert_rows(airports.hub, airports.federation, "flights", rows, members="many")
    assert (done.count, done.counts) == (4, {"ewr": 2, "jfk": 1, "lga": 1})
    assert airports.at("ewr", "SELECT id, carrier, seats FROM flights ORDER BY id") == [
        (1, "A", 1), (2, "C", 3)
    ]  # fmt: skip
    assert airports.at("lga", "SELECT carrier, total FROM departures") == [("D", 8)]


def test_what_a_row_leaves_out_is_made_by_its_member_and_none_is_null(airports: Airports) -> None:
    rows = [
        {"member": "ewr"},
        {"member": "ewr", "note": None, "tail": "x"},
        {"tail": "y", "member": "ewr"},
    ]
    insert_rows(airports.hub, airports.federation, "flights", rows)
    found = airports.at(
        "ewr", "SELECT carrier, tail, note, made IS NULL, code IS NULL FROM flights ORDER BY id"
    )
    assert found == [
        ("UA", None, "none", False, False),
        ("UA", "X", None, False, False),
        ("UA", "Y", "none", False, False),
    ]


@pytest.mark.parametrize("as_owner", [True, False])
def test_values_for_what_the_member_generates_can_be_given(
    airports: Airports, *, as_owner: bool
) -> None:
    rows = [{"member": "ewr", "id": number} for number in (70, 71)]
    rows += [{"member": "ewr", "id": 72, "made": None, "code": None, "seats": 1}]  # type: ignore[dict-item]
    if as_owner:
        assert airports.group.hub.insert(airports.federation, "flights", rows).count == 3
    else:
        assert insert_rows(airports.hub, airports.federation, "flights", rows).count == 3
    found = airports.at("ewr", "SELECT id, carrier, seats, made IS NULL FROM flights ORDER BY id")
    assert found == [(70, "UA", 7, False), (71, "UA", 7, False), (72, "UA", 1, True)]


def test_generated_ids_come_back_when_they_are_asked_for(airports: Airports) -> None:
    rows = [{"member": "ewr", "tail": f"t{number}"} for number in range(3)]
    done = insert_rows(airports.hub, airports.federation, "flights", rows, returning=["id", "tail"])
    assert sorted(done.rows, key=lambda row: row["id"]) == [
        {"member": "ewr", "id": number + 1, "tail": f"T{number}"} for number in range(3)
    ]


def test_more_rows_than_a_batch_keep_their_order(airports: Airports) -> None:
    rows = ({"member": "ewr", "seats": number} for number in range(23_456))
    assert insert_rows(airports.hub, airports.federation, "flights", rows).count == 23_456
    assert airports.at(
        "ewr", "SELECT count(*), count(*) FILTER (WHERE seats = id - 1) FROM flights"
    ) == [(23_456, 23_456)]


def test_a_second_member_is_refused_and_nothing_stays(airports: Airports) -> None:
    rows = [{"member": "ewr", "seats": 1}, {"member": "jfk", "seats": 1}]
    with pytest.raises(MemberError) as raised:
        insert_rows(airports.hub, airports.federation, "flights", rows)
    assert (raised.value.member, raised.value.sqlstate) == ("jfk", "25000")
    assert 'This transaction has written to member "ewr"' in str(raised.value)
    assert airports.at("ewr", "SELECT id FROM flights") == []
    with airports.hub.transaction():
        airports.rows("INSERT INTO air.flights (member) VALUES ('jfk')")
        with pytest.raises(MemberError, match="air_jfk"):
            insert_rows(airports.hub, airports.federation, "flights", rows[:1])
        insert_rows(airports.hub, airports.federation, "flights", rows[1:])
        with pytest.raises(psycopg.errors.InvalidTransactionState), airports.hub.transaction():
            airports.rows("INSERT INTO air.flights (member) VALUES ('ewr')")
    assert len(airports.at("jfk", "SELECT id FROM flights")) == 2


def test_many_members_are_allowed_for_the_call_alone(airports: Airports) -> None:
    rows = [{"member": "ewr", "id": 70}, {"member": "lga", "id": 70}]
    with airports.hub.transaction() as outer:
        insert_rows(airports.hub, airports.federation, "flights", rows, members="many")
        with pytest.raises(psycopg.errors.InvalidTransactionState), airports.hub.transaction():
            airports.rows("INSERT INTO air.flights (member) VALUES ('jfk')")
        raise psycopg.Rollback(outer)


@pytest.mark.parametrize(
    ("row", "member", "state", "message"),
    [
        ({"carrier": "A"}, None, "22023", "None is none. Members that can be written to: ewr, jfk"),
        ({"member": "sfo"}, None, "22023", "'sfo' is none."),
        ({"member": "lga", "note": "x"}, "lga", "42703", 'Member "lga" has no column "note"'),
        ({"member": "ewr", "nonsense": 1}, "ewr", "42703", '"nonsense" in air.flights; it has id,'),
        ({"member": "ewr", "seats": None}, "ewr", "23502", 'Member "ewr": null value in column'),
        ({"member": "lga", "carrier": "long"}, "lga", "22001", 'Member "lga": value too long'),
    ],
)  # fmt: skip
def test_an_error_names_the_member_and_keeps_its_state(
    airports: Airports, row: dict[str, object], member: str | None, state: str, message: str
) -> None:
    with pytest.raises(MemberError) as raised:
        insert_rows(airports.hub, airports.federation, "flights", [row])
    assert (raised.value.member, raised.value.sqlstate) == (member, state)
    assert message in str(raised.value)


def test_a_refusal_at_commit_names_who_may_have_kept_its_rows(airports: Airports) -> None:
    bad = {"member": "jfk", "id": 1, "other": 2}
    with pytest.raises(MemberError, match=r'^Member "jfk", at COMMIT:') as raised:
        insert_rows(airports.hub, airports.federation, "deferred", [bad])
    assert (raised.value.member, raised.value.sqlstate) == ("jfk", "23503")
    good = {"member": "ewr", "id": 1, "other": 1}
    with pytest.raises(MemberError, match="may have kept their rows: jfk, ewr") as raised:
        insert_rows(airports.hub, airports.federation, "deferred", [bad, good], members="many")
    assert (raised.value.member, raised.value.sqlstate) == (None, "23503")
    assert airports.at("jfk", "SELECT id FROM deferred") == []


def test_an_unknown_table_is_refused(airports: Airports) -> None:
    with pytest.raises(DeclarationError, match="nothing"):
        insert_rows(airports.hub, airports.federation, "nothing", [])


def test_no_rows_are_no_work(airports: Airports) -> None:
    assert insert_rows(airports.hub, airports.federation, "flights", []).count == 0


TYPES = """
CREATE TABLE every (
    id serial PRIMARY KEY, flag bool, small int2, big int8, exact numeric(8, 2), about float8,
    name text, fixed char(3), raw bytea, day date, at timestamptz, took interval, key uuid,
    doc json, data jsonb, tags text[], grid int[], address inet
)
"""
VALUES = {
    "flag": True,
    "small": 3,
    "big": 2**60,
    "exact": decimal.Decimal("12.50"),
    "about": 0.1,
    "name": 'it\'s {"a", NULL} \\ x',
    "fixed": "ab ",
    "raw": b"\x00\xff",
    "day": datetime.date(2026, 1, 2),
    "at": datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC),
    "took": datetime.timedelta(days=1, seconds=2),
    "key": uuid.UUID(int=7),
    "doc": {"a": [1, None]},
    "data": {"b": "x"},
    "tags": ["a", "b,c", None],
    "grid": [1, 2],
}


@pytest.fixture(scope="module")
def types(lasting_group: Callable[..., Group]) -> tuple[Group, Federation]:
    """A member with a column of every kind."""
    group = lasting_group({"one": TYPES})
    federation = Federation("types", ["every"])
    group.hub.add_member(federation, group.companies["one"].member)
    group.hub.apply(federation)
    return group, federation


def test_values_of_all_kinds_arrive(types: tuple[Group, Federation]) -> None:
    group, federation = types
    none = dict.fromkeys(VALUES)
    rows = [{"member": "one", **values} for values in (VALUES, none, VALUES)]
    arrays = ("tags", "grid")
    plain = [{key: row[key] for key in row if key not in arrays} for row in rows]
    assert group.hub.insert(federation, "every", rows).count == 3
    assert group.hub.insert(federation, "every", plain).count == 3
    with group.companies["one"].connect() as member:
        cursor = member.execute(
            f"SELECT {', '.join(VALUES)} FROM every ORDER BY id".encode()  # noqa: S608
        )
        found = [dict(zip(VALUES, row, strict=True)) for row in cursor]
    without = {**VALUES, **dict.fromkeys(arrays)}
    assert found == [VALUES, none, VALUES, without, none, without]


def test_values_of_several_kinds_in_one_column_arrive(types: tuple[Group, Federation]) -> None:
    group, federation = types
    exact = [1, decimal.Decimal("2.50"), 3.25, None]
    rows = [{"member": "one", "exact": value, "data": "[1]"} for value in exact]
    done = group.hub.insert(federation, "every", rows, returning=["exact", "data"])
    assert [row["exact"] for row in done.rows] == [1, decimal.Decimal("2.50"), 3.25, None]
    assert [row["data"] for row in done.rows] == [[1]] * 4
