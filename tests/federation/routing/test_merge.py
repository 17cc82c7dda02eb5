"""MERGE into a joined table, which PostgreSQL 17 and later bring to its triggers."""

from __future__ import annotations

import pytest
from psycopg import errors

from .conftest import Airports

MERGE = """
MERGE INTO air.flights AS f
USING (VALUES ('ewr', 'C1', 10), ('ewr', 'C2', 20)) AS g (member, carrier, seats)
   ON f.member = 'ewr' AND f.member = g.member AND f.carrier = g.carrier
 WHEN MATCHED THEN UPDATE SET seats = g.seats
 WHEN NOT MATCHED THEN INSERT (member, carrier, seats) VALUES (g.member, g.carrier, g.seats)
"""


def test_merge_changes_and_inserts_at_the_member(airports: Airports) -> None:
    airports.at("ewr", "INSERT INTO flights (carrier, seats) VALUES ('C1', 1)")
    if airports.hub.info.server_version < 170000:
        with pytest.raises(errors.FeatureNotSupported):
            airports.rows(MERGE)
        return
    airports.rows(MERGE)
    found = airports.at(
        "ewr", "SELECT id, carrier, seats, made IS NULL, note FROM flights ORDER BY id"
    )
    assert found == [(1, "C1", 10, False, "none"), (2, "C2", 20, False, "none")]
