"""INSERT into a joined table: brought to the member, with what the member makes of it."""

from __future__ import annotations

import datetime
import uuid

import pytest

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
