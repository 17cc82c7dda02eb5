"""Values written to a source of Python objects and read again are what PostgreSQL has."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from tests.fdw.writes.tables import rows, table

VALUES = {
    "bool": ["true", "false"],
    "smallint": ["-32768", "32767"],
    "int": ["-2147483648", "2147483647"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "oid": ["0", "4294967295"],
    "real": ["3.4028235e38", "-1e-45", "NaN", "-Infinity", "0.1"],
    "float8": ["1.7976931348623157e308", "5e-324", "NaN", "Infinity", "-0", "0.1"],
    "numeric": ["1e-20", "NaN", "-Infinity", "9" * 1000, "1." + "5" * 400, "-0.00", "1e131071"],
    "numeric(7,2)": ["99999.99", "-0.01"],
    "text": ["", "é𝄞", "a\nb\tc\\", "x" * 5000],
    "varchar(5)": ["abc", "éèàüö"],
    "char(5)": ["ab", ""],
    "name": ["a" * 63],
    '"char"': ["a"],
    "bytea": [r"\x", r"\x00ff00", "\\x" + "ab" * 3000],
    "date": ["infinity", "-infinity", "4713-01-01 BC", "0001-01-01", "9999-12-31", "5874897-12-31"],
    "time": ["00:00", "24:00", "23:59:59.999999"],
    "timetz": ["24:00-15:59", "12:00:00.5+05:30", "00:00+00"],
    "timestamp": ["infinity", "4713-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999",
                  "2024-02-29 23:59:59.999999"],
    "timestamptz": ["-infinity", "4713-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00",
                    "2024-03-31 02:30:00+01"],
    "interval": ["1 year 2 mons -3 days 04:05:06.789", "178000000 years", "1 day"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "json": ['{"a": 1, "a":  2}', "null", '"\\u00e9"'],
    "jsonb": ['{"a": [1, null, 1e400]}', '"x"', "null"],
    "xml": ["<a>b</a>"],
    "inet": ["::1", "10.0.0.1/8"],
    "cidr": ["10.0.0.0/8"],
    "macaddr": ["08:00:2b:01:02:03"],
    "bit(3)": ["101"],
    "varbit": ["", "10101"],
    "money": ["-92233720368547758.08"],
    "point": ["(1.5,-Infinity)"],
    "tsvector": ["'a':1A 'b':2"],
    "int4range": ["[1,5)", "empty", "(,)"],
    "tstzmultirange": ['{["2024-01-01 00:00:00+00","2024-01-02 00:00:00+00")}', "{}"],
    "regclass": ["pg_class"],
    "mood": ["sad", "it's, \"fine\""],
    "positive": ["1", "7"],
    "moment": ["infinity", "2024-01-01 00:00:00+00"],
    "pair": ['(1,"a,b")', "(,)", '(2,"")'],
    "int[]": ["{}", "{1,NULL,-3}", "{{1,2},{3,4}}", "[0:1]={5,6}"],
    "text[]": ['{"a,b","NULL",NULL,"","{\\"x\\"}"}'],
    "date[]": ["{2024-01-01,infinity}", "{NULL}"],
    "numeric[]": ["{NaN,1.50,NULL}"],
    "bytea[]": ['{"\\\\x00ff",NULL}'],
    "pair[]": ['{"(1,a)",NULL}'],
    "jsonb[]": ['{"{\\"a\\": \\"b\\"}","null"}'],
}  # fmt: skip


@pytest.fixture
def typed(store: psycopg.Connection) -> psycopg.Connection:
    """A connection to a database with types of its own, and settings of output that are not ISO."""
    store.execute("CREATE TYPE mood AS ENUM ('sad', 'it''s, \"fine\"')")
    store.execute("CREATE DOMAIN positive AS int CHECK (value > 0)")
    store.execute("CREATE DOMAIN moment AS timestamptz")
    store.execute("CREATE TYPE pair AS (number int, label text)")
    store.execute("SET timezone = 'Asia/Kathmandu'")
    store.execute("SET datestyle = 'SQL, DMY'")
    store.execute("SET intervalstyle = 'sql_standard'")
    store.execute("SET extra_float_digits = 0")
    return store


def test_every_type_makes_the_round_trip(typed: psycopg.Connection) -> None:
    for number, (kind, values) in enumerate(VALUES.items()):
        name = f"t{number}"
        table(typed, name, f"id int, v {kind}", key="v id")
        typed.execute(sql.SQL(f"CREATE TABLE local{number} (id int, v {kind})"))
        typed.execute("SET datestyle = 'ISO'; SET intervalstyle = 'postgres'")
        for place, value in enumerate([*values, None]):
            insert = sql.SQL("INSERT INTO {} VALUES ({}, {})")
            typed.execute(insert.format(sql.Identifier(f"local{number}"), place, value))
        typed.execute("SET datestyle = 'SQL, DMY'; SET intervalstyle = 'sql_standard'")
        written = sql.SQL("INSERT INTO {} SELECT * FROM {} RETURNING v::text")
        read = sql.SQL("SELECT v::text FROM {} ORDER BY id")
        changed = sql.SQL("UPDATE {} SET id = id + 1")
        gone = sql.SQL("DELETE FROM {} RETURNING v::text")
        there, here = sql.Identifier(name), sql.Identifier(f"local{number}")
        expected = typed.execute(read.format(here)).fetchall()
        assert typed.execute(written.format(there, here)).fetchall() == expected, kind
        assert typed.execute(read.format(there)).fetchall() == expected, kind
        # each is found by its key; but NaN, which Python finds equal to nothing
        found = len([value for value in [*values, None] if "NaN" not in str(value)])
        assert typed.execute(changed.format(there)).rowcount == found, kind
        assert len(typed.execute(gone.format(there)).fetchall()) == found, kind


def test_intervals_are_equal_where_they_are_not_written_alike(store: psycopg.Connection) -> None:
    table(store, "t", "v interval")
    for value in ("-00:00:00.000001", "300 hours", "-1 day +36 hours"):
        written = store.execute("INSERT INTO t VALUES (%s) RETURNING v = %s", [value, value])
        assert written.fetchone() == (True,)


def test_nulls_are_none(store: psycopg.Connection) -> None:
    table(store, "t", "id int, label text, day date", key="label")
    assert rows(store, "INSERT INTO t VALUES (NULL, NULL, NULL) RETURNING *") == [(None,) * 3]
    assert rows(store, "UPDATE t SET id = 1 RETURNING *") == [(1, None, None)]
    assert rows(store, "UPDATE t SET id = NULL RETURNING *") == [(None, None, None)]
    assert store.execute("DELETE FROM t WHERE label IS NULL").rowcount == 1
