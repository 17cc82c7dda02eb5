"""INSERT into a joined table: brought to the member, with what the member makes of it."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors

from exclave.federation import FederatedTable, Federation

from ..conftest import Group
from .conftest import Airports


def test_a_row_comes_back_with_what_its_member_made_of_it(airports: Airports) -> None:
    [row] = airports.rows(
        "INSERT INTO air.flights (member, carrier, tail) VALUES ('jfk', 'DL', 'n1') "
        'RETURNING member, id, carrier, tail, made, code, seats, doc, "Gate No", note, total'
    )
    assert row[:4] == ("jfk", 1, "DL", "N1"), "a trigger there wrote it in capitals"
    assert isinstance(row[4], datetime.datetime)
    assert isinstance(row[5], uuid.UUID)
    assert row[6:] == (7, None, None, "none", None)
    assert airports.at("jfk", "SELECT id, tail FROM flights") == [(1, "N1")]
    assert airports.at("ewr", "SELECT id FROM flights") == []


@pytest.mark.parametrize("member", ["jfk", "ewr", "lga"])
def test_identity_and_serial_keys_are_the_members_own(airports: Airports, member: str) -> None:
    statement = (
        "INSERT INTO air.flights (member, carrier) VALUES (%s, 'X1'), (%s, 'X2') RETURNING id"
    )
    assert airports.rows(statement, [member] * 2) == [(1,), (2,)]
    assert airports.rows(statement, [member] * 2) == [(3,), (4,)]


def test_constant_defaults_are_those_of_each_member(airports: Airports) -> None:
    statement = "INSERT INTO air.flights (member) VALUES (%s) RETURNING carrier, seats, total"
    assert airports.rows(statement, ["ewr"]) == [("UA", 7, None)]
    assert airports.rows(statement, ["lga"]) == [("AA", 3, 6)]


def test_an_enum_of_the_member_is_text_on_the_hub(airports: Airports) -> None:
    statement = (
        "INSERT INTO air.flights (member, feeling) VALUES ('lga', 'sad'), ('lga', DEFAULT), "
        "('lga', NULL) RETURNING feeling"
    )
    assert airports.rows(statement) == [("sad",), ("glad",), (None,)]
    with pytest.raises(errors.InvalidTextRepresentation):
        airports.rows("INSERT INTO air.flights (member, feeling) VALUES ('lga', 'bored')")


def test_null_is_not_a_value_that_was_left_out(airports: Airports) -> None:
    statement = (
        "INSERT INTO air.flights (member, id, made, code, note) "
        "VALUES ('ewr', 7, NULL, NULL, NULL) "
        "RETURNING id, made, code, note"
    )
    assert airports.rows(statement) == [(7, None, None, None)]
    with pytest.raises(errors.NotNullViolation) as raised:
        airports.rows("INSERT INTO air.flights (member, seats) VALUES ('ewr', NULL)")
    assert '"seats"' in str(raised.value)


def test_default_in_a_row_of_values_is_left_out_and_its_neighbours_are_not(
    airports: Airports,
) -> None:
    rows = airports.rows(
        "INSERT INTO air.flights (member, id, made, code, seats, note) VALUES "
        "('ewr', DEFAULT, DEFAULT, DEFAULT, 1, DEFAULT), "
        "('ewr', 70, NULL, NULL, 2, NULL), "
        "('ewr', 71, DEFAULT, DEFAULT, DEFAULT, 'mine') "
        "RETURNING id, made IS NULL, code IS NULL, seats, note"
    )
    assert rows == [
        (1, False, False, 1, "none"),
        (70, True, True, 2, None),
        (71, False, False, 7, "mine"),
    ]


def test_an_explicit_id_leaves_the_other_generated_values_to_the_member(
    airports: Airports,
) -> None:
    [row] = airports.rows(
        "INSERT INTO air.flights (member, id) VALUES ('ewr', 900) RETURNING id, made, code"
    )
    assert row[0] == 900
    assert None not in row
    [row] = airports.rows(
        "INSERT INTO air.flights (member, made, code) VALUES ('ewr', NULL, NULL) "
        "RETURNING id, made, code"
    )
    assert row == (1, None, None)


def test_an_explicit_id_is_refused_where_the_identity_is_always(airports: Airports) -> None:
    with pytest.raises(errors.GeneratedAlways) as raised:
        airports.rows("INSERT INTO air.flights (member, id) VALUES ('jfk', 900)")
    assert str(raised.value).startswith('member "jfk" always generates id, and takes no value')
    with pytest.raises(errors.GeneratedAlways, match="total"):
        airports.rows("INSERT INTO air.flights (member, total) VALUES ('lga', 1)")


def test_what_cannot_be_left_out_together_is_named_with_the_way_to_allow_it(
    airports: Airports,
) -> None:
    with pytest.raises(errors.FeatureNotSupported) as raised:
        airports.rows("INSERT INTO air.flights (member, id, made) VALUES ('ewr', 1, now())")
    said = raised.value.diag
    assert said.message_primary == (
        'a row for member "ewr" leaves out code, but not all that it generates'
    )
    assert said.message_detail == "It generates id, made, code."
    assert said.message_hint is not None
    assert 'FederatedTable("flights", omit=[["code"]])' in said.message_hint
    assert airports.at("ewr", "SELECT id FROM flights") == []


def test_omit_allows_further_columns_to_be_left_out_together(
    new_group: Callable[..., Group],
) -> None:
    made = "CREATE TABLE t (id serial PRIMARY KEY, a uuid DEFAULT gen_random_uuid(), b float "
    group = new_group({"jfk": made + "DEFAULT random(), c text)"})
    federation = Federation("air", ["t"])
    group.hub.add_member(federation, group.companies["jfk"].member)
    group.hub.apply(federation)
    statement = "INSERT INTO air.t (member, a, c) VALUES ('jfk', gen_random_uuid(), 'x')"
    with group.connect() as hub:
        with pytest.raises(errors.FeatureNotSupported):
            hub.execute(statement)
        hub.rollback()
        wider = Federation("air", [FederatedTable("t", omit=[["id", "b"]])])
        group.hub.apply(wider)
        row = hub.execute(f"{statement} RETURNING id, a IS NULL, b IS NULL".encode()).fetchone()
        assert row is not None
        assert row[1:] == (False, False)


def test_insert_from_a_query_keeps_its_order_and_leaves_out_what_it_leaves_out(
    airports: Airports,
) -> None:
    rows = airports.rows(
        "INSERT INTO air.flights (member, seats, doc) "
        "SELECT 'ewr', g, json_build_object('n', g) FROM generate_series(1, 5) AS g "
        "ORDER BY g DESC RETURNING id, seats, carrier, made IS NULL"
    )
    assert rows == [(n, 6 - n, "UA", False) for n in range(1, 6)]
    rows = airports.rows(
        "INSERT INTO air.flights (member, id, made, code) SELECT 'ewr', 100 + id, NULL, NULL "
        "FROM air.flights WHERE member = 'ewr' AND id > 3 RETURNING id, made, code, carrier"
    )
    assert rows == [(104, None, None, "UA"), (105, None, None, "UA")]


def test_copy_leaves_out_the_columns_that_it_does_not_name(airports: Airports) -> None:
    with airports.hub.cursor() as cursor:
        with cursor.copy("COPY air.flights (member, carrier, seats) FROM STDIN") as copy:
            for row in (("ewr", "C1", 1), ("ewr", "C2", 2)):
                copy.write_row(row)
        with cursor.copy("COPY air.flights (member, id, made, code) FROM STDIN") as copy:
            copy.write_row(("ewr", 50, None, None))
    assert airports.at(
        "ewr", "SELECT id, carrier, seats, made IS NULL FROM flights ORDER BY id"
    ) == [(1, "C1", 1, False), (2, "C2", 2, False), (50, "UA", 7, True)]


def test_rows_that_copy_filters_out_leave_no_trace(airports: Airports) -> None:
    with airports.hub.transaction():
        with airports.hub.cursor().copy(
            "COPY air.flights (member, carrier) FROM STDIN WHERE carrier <> 'no'"
        ) as copy:
            copy.write_row(("ewr", "yes"))
            copy.write_row(("ewr", "no"))
        rows = airports.rows(
            "INSERT INTO air.flights (member, id, made, code, seats) "
            "VALUES ('ewr', 50, NULL, NULL, 1) RETURNING made"
        )
        assert rows == [(None,)]
    assert airports.at("ewr", "SELECT carrier FROM flights ORDER BY id") == [("yes",), ("UA",)]


def test_a_statement_that_failed_leaves_no_trace_for_the_next_one(airports: Airports) -> None:
    with airports.hub.transaction():
        with pytest.raises(errors.DivisionByZero), airports.hub.transaction():
            airports.rows(
                "INSERT INTO air.flights (member, seats) SELECT 'ewr', 1 / g "
                "FROM generate_series(1, 0, -1) AS g"
            )
        rows = airports.rows(
            "INSERT INTO air.flights (member, id, made, code) VALUES ('ewr', 50, NULL, NULL) "
            "RETURNING made, code"
        )
        assert rows == [(None, None)]
    assert airports.at("ewr", "SELECT id FROM flights") == [(50,)]


def test_a_function_that_inserts_for_each_row_disturbs_nothing(airports: Airports) -> None:
    airports.rows(
        "CREATE FUNCTION pg_temp.other() RETURNS text LANGUAGE sql AS $$ INSERT INTO air.flights "
        "(member, id, made, code) VALUES ('ewr', 800, NULL, NULL) RETURNING id::text $$"
    )
    rows = airports.rows(
        "INSERT INTO air.flights (member, tail) VALUES ('ewr', pg_temp.other()) "
        "RETURNING tail, made IS NULL, code IS NULL, carrier"
    )
    assert rows == [("800", False, False, "UA")]
    assert airports.at("ewr", "SELECT made FROM flights WHERE id = 800") == [(None,)]


def test_two_joined_tables_in_one_statement_do_not_disturb_each_other(airports: Airports) -> None:
    rows = airports.rows(
        "WITH made AS (INSERT INTO air.flights (member, carrier) "
        "SELECT 'ewr', 'W' || g FROM generate_series(1, 3) AS g RETURNING id, made) "
        "INSERT INTO air.seats (member, flight, row) SELECT 'ewr', id, 1 FROM made "
        "WHERE made IS NOT NULL RETURNING flight, taken"
    )
    assert rows == [(1, False), (2, False), (3, False)]


def test_a_row_that_a_trigger_there_skips_does_not_count(airports: Airports) -> None:
    cursor = airports.hub.execute(
        "INSERT INTO air.flights (member, tail) VALUES ('ewr', 'skipped'), ('ewr', 'kept') "
        "RETURNING tail"
    )
    assert (cursor.rowcount, cursor.fetchall()) == (1, [("KEPT",)])


@pytest.mark.parametrize(
    ("values", "state", "message"),
    [
        (
            "(carrier) VALUES ('x')",
            "22023",
            "a row for air.flights must name its member in column member",
        ),
        ("(member) VALUES ('sfo')", "22023", 'federation "air" has no member "sfo"'),
        ("(member) VALUES ('')", "22023", 'federation "air" has no member ""'),
        (
            "(member, note, doc) VALUES ('lga', 'hello', '{}')",
            "42703",
            'member "lga" has no column doc, note in air.flights',
        ),
    ],
)
def test_a_row_that_cannot_be_brought_to_a_member_is_refused(
    airports: Airports, values: str, state: str, message: str
) -> None:
    with pytest.raises(psycopg.Error) as raised:
        airports.rows(f"INSERT INTO air.flights {values}")
    assert (raised.value.sqlstate, raised.value.diag.message_primary) == (state, message)
    if state == "22023":
        assert raised.value.diag.message_hint == "Members that can be written to: ewr, jfk, lga."


def test_a_column_that_the_member_lacks_may_be_null(airports: Airports) -> None:
    statement = (
        "INSERT INTO air.flights (member, note, doc, carrier) VALUES ('lga', NULL, NULL, 'B6') "
        "RETURNING id, carrier, note, doc"
    )
    assert airports.rows(statement) == [(1, "B6", None, None)]


def test_what_is_too_wide_for_the_member_is_refused_and_not_cut(airports: Airports) -> None:
    with pytest.raises(errors.StringDataRightTruncation) as raised:
        airports.rows("INSERT INTO air.flights (member, carrier) VALUES ('lga', 'too long')")
    assert "air_lga" in (raised.value.diag.context or "")
    with pytest.raises(errors.NumericValueOutOfRange):
        airports.rows("INSERT INTO air.flights (member, seats) VALUES ('lga', 100000)")


def test_a_table_without_a_key_takes_rows(airports: Airports) -> None:
    assert airports.rows(
        "INSERT INTO air.log (member, line) VALUES ('jfk', 'a'), ('jfk', 'a') RETURNING line"
    ) == [("a",), ("a",)]
