"""UPDATE and DELETE of joined tables: brought to the member of each row."""

from __future__ import annotations

import pytest
from psycopg import errors

from .conftest import Airports


def flights(airports: Airports, slug: str = "ewr") -> None:
    """Put three flights at a member."""
    table, doc = ("departures", "") if slug == "lga" else ("flights", ", doc")
    value = "" if slug == "lga" else """, '{"a": 1}'"""
    airports.at(
        slug,
        f"INSERT INTO {table} (carrier, tail{doc}) SELECT 'C' || g, 'T' || g{value} "  # noqa: S608
        "FROM generate_series(1, 3) AS g",
    )


def test_an_update_sets_what_changed_and_gives_back_what_the_member_made_of_it(
    airports: Airports,
) -> None:
    flights(airports)
    rows = airports.rows(
        "UPDATE air.flights SET tail = 'new', doc = '{\"b\": 2}' WHERE member = 'ewr' AND id = 2 "
        "RETURNING id, carrier, tail, doc, seats"
    )
    assert rows == [(2, "C2", "NEW", {"b": 2}, 7)]
    assert airports.at("ewr", "SELECT tail FROM flights ORDER BY id") == [
        ("T1",),
        ("NEW",),
        ("T3",),
    ]


def test_columns_that_do_not_change_are_not_written(airports: Airports) -> None:
    flights(airports)
    airports.at(
        "ewr",
        "CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE 'carrier or doc was written'; END $$; "
        "CREATE TRIGGER touched BEFORE UPDATE OF carrier, doc ON flights "
        "FOR EACH ROW EXECUTE FUNCTION touched()",
    )
    try:
        statement = "UPDATE air.flights SET carrier = carrier, doc = doc, tail = %s RETURNING tail"
        assert airports.rows(statement, ["x"]) == [("X",)] * 3
        with pytest.raises(errors.RaiseException):
            airports.rows("UPDATE air.flights SET doc = '{\"a\":  1}' WHERE id = 1")
    finally:
        airports.at("ewr", "DROP FUNCTION touched CASCADE")


def test_an_update_that_changes_nothing_counts_its_rows_and_writes_nothing(
    airports: Airports,
) -> None:
    flights(airports)
    before = airports.at("ewr", "SELECT xmin::text FROM flights ORDER BY id")
    cursor = airports.hub.execute("UPDATE air.flights SET carrier = carrier, made = made")
    assert cursor.rowcount == 3
    assert airports.at("ewr", "SELECT xmin::text FROM flights ORDER BY id") == before


def test_a_change_that_only_looks_the_same_is_a_change(airports: Airports) -> None:
    """Two numerics can be equal and print otherwise; both JSON and text are told apart so too."""
    flights(airports)
    airports.rows("UPDATE air.flights SET doc = '{\"a\":1}' WHERE id = 1")
    assert airports.at("ewr", "SELECT doc::text FROM flights WHERE id = 1") == [('{"a":1}',)]


def test_values_become_null_and_null_becomes_a_value(airports: Airports) -> None:
    flights(airports)
    airports.rows("UPDATE air.flights SET doc = NULL, \"Gate No\" = 'B 1' WHERE id = 1")
    found = airports.at("ewr", 'SELECT doc, "Gate No" FROM flights WHERE id = 1')
    assert found == [(None, "B 1")]


def test_a_generated_value_can_be_changed_and_a_key_too(airports: Airports) -> None:
    flights(airports)
    rows = airports.rows(
        "UPDATE air.flights SET id = 300, made = NULL WHERE member = 'ewr' AND id = 3 "
        "RETURNING id, made"
    )
    assert rows == [(300, None)]
    assert airports.at("ewr", "SELECT id FROM flights ORDER BY id") == [(1,), (2,), (300,)]


def test_an_identity_that_is_always_generated_cannot_be_changed(airports: Airports) -> None:
    flights(airports, "jfk")
    with pytest.raises(errors.GeneratedAlways):
        airports.rows("UPDATE air.flights SET id = 300 WHERE member = 'jfk' AND id = 3")


def test_a_constant_default_can_be_set_and_a_generated_one_cannot(airports: Airports) -> None:
    flights(airports)
    rows = airports.rows(
        "UPDATE air.flights SET carrier = DEFAULT, seats = DEFAULT, tail = DEFAULT WHERE id = 1 "
        "RETURNING carrier, seats, tail"
    )
    assert rows == [("UA", 7, None)]
    with pytest.raises(errors.FeatureNotSupported, match='member "ewr" gives made a default in an'):
        airports.rows("UPDATE air.flights SET made = DEFAULT WHERE id = 1")


def test_a_row_stays_at_its_member(airports: Airports) -> None:
    flights(airports)
    with pytest.raises(errors.FeatureNotSupported) as raised:
        airports.rows("UPDATE air.flights SET member = 'jfk' WHERE id = 1")
    said = 'a row of air.flights cannot be moved from member "ewr" to member "jfk"'
    assert raised.value.diag.message_primary == said
    assert airports.at("jfk", "SELECT id FROM flights") == []


def test_a_column_that_the_member_lacks_takes_null_alone(airports: Airports) -> None:
    flights(airports, "lga")
    assert airports.rows(
        "UPDATE air.flights SET note = NULL, carrier = 'ZZ' WHERE id = 1 RETURNING carrier, note"
    ) == [("ZZ", None)]
    with pytest.raises(errors.UndefinedColumn, match='member "lga" has no column note'):
        airports.rows("UPDATE air.flights SET note = 'hello' WHERE id = 1")


def test_narrower_types_and_enums_are_changed_in_the_members_own_types(airports: Airports) -> None:
    flights(airports, "lga")
    rows = airports.rows(
        "UPDATE air.flights SET seats = 9, feeling = 'sad' WHERE feeling = 'glad' AND id = 1 "
        "RETURNING seats, total, feeling"
    )
    assert rows == [(9, 18, "sad")]
    with pytest.raises(errors.NumericValueOutOfRange):
        airports.rows("UPDATE air.flights SET seats = 100000 WHERE id = 1")
    with pytest.raises(errors.StringDataRightTruncation):
        airports.rows("UPDATE air.flights SET carrier = 'long' WHERE id = 1")


def test_rows_are_deleted_where_they_are(airports: Airports) -> None:
    flights(airports)
    flights(airports, "jfk")
    rows = airports.rows(
        "DELETE FROM air.flights WHERE member = 'ewr' AND id < 3 RETURNING member, id, carrier"
    )
    assert sorted(rows) == [("ewr", 1, "C1"), ("ewr", 2, "C2")]
    assert airports.at("ewr", "SELECT id FROM flights") == [(3,)]
    assert len(airports.at("jfk", "SELECT id FROM flights")) == 3


def test_a_key_of_several_columns_finds_its_row(airports: Airports) -> None:
    airports.rows(
        "INSERT INTO air.seats (member, flight, row) VALUES ('lga', 1, 1), ('lga', 1, 2), "
        "('lga', 2, 1)"
    )
    airports.rows("UPDATE air.seats SET taken = true WHERE flight = 1 AND row = 2")
    airports.rows("DELETE FROM air.seats WHERE flight = 2")
    found = airports.at("lga", "SELECT flight, row, taken FROM seats ORDER BY 1, 2")
    assert found == [(1, 1, False), (1, 2, True)]


@pytest.mark.parametrize(
    "statement", ["UPDATE air.log SET line = 'b'", "DELETE FROM air.log WHERE line = 'a'"]
)
def test_rows_of_a_table_without_a_key_cannot_be_told_apart(
    airports: Airports, statement: str
) -> None:
    airports.at("jfk", "INSERT INTO log VALUES ('a')")
    with pytest.raises(errors.ObjectNotInPrerequisiteState) as raised:
        airports.rows(statement)
    said = 'air.log has no key, so its rows cannot be told apart at member "jfk"'
    assert raised.value.diag.message_primary == said


def test_a_row_that_is_gone_meanwhile_is_not_counted(airports: Airports) -> None:
    """One that is deleted by the statement itself, before its own turn."""
    flights(airports)
    airports.rows(
        "CREATE FUNCTION pg_temp.gone(bigint) RETURNS text LANGUAGE sql VOLATILE AS "
        "$$ DELETE FROM air.flights WHERE member = 'ewr' AND id = $1; SELECT 'gone' $$"
    )
    cursor = airports.hub.execute(
        "UPDATE air.flights SET tail = pg_temp.gone(id) WHERE member = 'ewr' AND id = 2 "
        "RETURNING id"
    )
    assert cursor.fetchall() == []
    assert airports.at("ewr", "SELECT id FROM flights ORDER BY id") == [(1,), (3,)]
