"""What only MariaDB has: character sets that lack characters, and bits."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from tests.wrappers.database.mariadb import PASSWORD, MariaDB
from tests.wrappers.database.remotes import Remote


@pytest.fixture
def latin(wrapper: psycopg.Connection, mariadb: MariaDB) -> Iterator[psycopg.Connection]:
    """A connection with the foreign table latin, whose text has 256 characters."""
    mariadb.run(
        "CREATE OR REPLACE TABLE latin"
        " (id int PRIMARY KEY, t varchar(9) CHARACTER SET latin1, b bit(9))",
        "INSERT INTO latin VALUES (1, 'ä', b'100000001'), (2, 'Ä', NULL), (3, '?', b'1')",
    )
    with wrapper.transaction(force_rollback=True):
        Remote.of_mariadb(mariadb, PASSWORD).connect(wrapper, "maria")
        wrapper.execute("IMPORT FOREIGN SCHEMA shop LIMIT TO (latin) FROM SERVER maria INTO public")
        yield wrapper


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("t = '😀'", []),
        ("t <> '😀'", [1, 2, 3]),
        ("t IN ('😀', 'ä')", [1]),
        ("t = ANY (ARRAY(SELECT unnest(ARRAY['😀', '?'])))", [3]),
        ("t = 'ä'", [1]),
    ],
)
def test_characters_that_a_column_cannot_have_are_compared(
    latin: psycopg.Connection, condition: str, found: list[int]
) -> None:
    query = sql.SQL("SELECT id FROM latin WHERE {} ORDER BY id").format(sql.SQL(condition))
    assert latin.execute(query).fetchall() == [(number,) for number in found]


def test_bits_are_bytes(latin: psycopg.Connection) -> None:
    assert latin.execute("SELECT b FROM latin ORDER BY id").fetchall() == [
        (b"\x01\x01",), (None,), (b"\x00\x01",),
    ]  # fmt: skip
    assert latin.execute("SELECT id FROM latin WHERE b = '\\x0101'").fetchall() == [(1,)]
    latin.execute("UPDATE latin SET b = '\\x0002' WHERE id = 2")
    assert latin.execute("SELECT b FROM latin WHERE id = 2").fetchall() == [(b"\x00\x02",)]
