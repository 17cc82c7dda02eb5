"""`canonical_type` spells a type as PostgreSQL's own format_type does."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from exclave.cluster import Cluster, Database, fresh_database
from exclave.errors import DeclarationError
from exclave.objects import Column
from exclave.objects.data_type import canonical_type

SPELLINGS = """
int
int2
int4
int8
integer
INTEGER
bigint
smallint
bool
boolean
float
float4
float8
float(1)
float(24)
float(25)
FLOAT ( 53 )
real
double precision
double   precision
DOUBLE\tPRECISION
decimal
decimal(5)
dec(5,2)
numeric
numeric(12)
numeric(12,2)
numeric( 12 , 2 )
numeric(3,-2)
numeric(3, -2)
numeric (2,5)
char
char(1)
char(7)
character
character (12)
"char"
bpchar
bpchar(4)
"bpchar"
nchar
nchar(3)
national character varying(5)
national char(5)
nchar varying(5)
varchar
varchar(20)
VarChar ( 20 )
character varying
character varying(20)
char varying (20)
"varchar"
"varchar"(20)
text
name
citext_like
bit
bit(3)
bit varying
bit varying(5)
varbit
varbit(5)
"bit"
date
time
time(3)
time (3) without time zone
time without time zone
time with time zone
time(0) with time zone
timetz
timetz(3)
timestamp
timestamp(6)
timestamp without time zone
timestamp (3) without time zone
timestamp with time zone
timestamp(3) with time zone
TIMESTAMP (3)   WITH   TIME   ZONE
timestamptz
timestamptz(0)
"timestamp"
"timestamptz"(3)
interval
interval(3)
interval year
interval year to month
interval day
interval day to hour
interval day to minute
interval day to second
interval day to second(3)
INTERVAL HOUR TO SECOND (2)
interval hour to minute
interval minute to second
interval second
interval second(1)
interval month
"interval"
json
"json"
jsonb
jsonpath
xml
uuid
inet
cidr
macaddr
macaddr8
point
line
lseg
box
path
polygon
circle
money
bytea
oid
regclass
regproc
pg_lsn
xid8
tsvector
tsquery
int4range
int8multirange
tstzrange
integer[]
int4[]
int[3]
int [ ]
int[][]
int[3][4]
int array
int ARRAY[4]
varchar(5)[]
varchar(5) array
timestamptz(3)[]
timestamp(3) with time zone[]
double precision[]
"char"[]
numeric(4,1)[][]
interval day to second(2)[]
pg_catalog.int4
pg_catalog.varchar
pg_catalog.varchar(9)
pg_catalog.bpchar
pg_catalog.bpchar(3)
pg_catalog."char"
pg_catalog.text[]
pg_catalog.timestamptz(3)[]
pg_catalog.numeric(5)
pg_catalog.bool
pg_catalog.json
pg_catalog.bit
pg_catalog.bit(4)
pg_catalog.interval
"pg_catalog"."int4"
PG_CATALOG . INT4
s.mood
S.Mood
s."Mood"
s."Mood"[]
s."in.teger"
s."a[]"
s."a[]"[]
s."b(3)"
s."int"
s."timestamp"
s.timestamp
s."select"
s."quo""te"
s."ä"
s.ä
s.ab$c
s.int4
s."int4"
s.json
"S T"."x y"
s.geometry(3)
s."geometry"( 3 )[]
""".strip().splitlines()

SCHEMA = """
CREATE SCHEMA s
CREATE SCHEMA "S T"
CREATE TYPE s.mood AS ENUM ('sad')
CREATE TYPE s."Mood" AS ENUM ('sad')
CREATE DOMAIN s."in.teger" AS int
CREATE DOMAIN s."a[]" AS int
CREATE DOMAIN s."b(3)" AS int
CREATE DOMAIN s."int" AS int
CREATE DOMAIN s."timestamp" AS int
CREATE DOMAIN s."select" AS int
CREATE DOMAIN s."quo""te" AS int
CREATE DOMAIN s."ä" AS int
CREATE DOMAIN s.ab$c AS int
CREATE DOMAIN s.int4 AS bigint
CREATE DOMAIN s.json AS int
CREATE DOMAIN "S T"."x y" AS int
CREATE DOMAIN pg_temp.unused AS int
""".strip().splitlines()


@pytest.fixture(scope="module")
def connection(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A connection to a database with types of many names, only PostgreSQL's on the path."""
    with fresh_database(cluster, prefix="types") as database:
        yield from connected(database)


def connected(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        for statement in SCHEMA:
            connection.execute(statement.encode())
        connection.execute("SET search_path = pg_catalog")
        yield connection


def spelled_by_server(connection: psycopg.Connection, spelling: str) -> str | None:
    """Give format_type's spelling of a column's type, or None where there is no such type."""
    query = (
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = 'pg_temp.t'::regclass AND attnum = 1"
    )
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(f"CREATE TEMPORARY TABLE t (a {spelling})".encode())
            row = connection.execute(query).fetchone()
    except (psycopg.errors.UndefinedObject, psycopg.errors.SyntaxError):
        return None
    assert row is not None
    return row[0]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_becomes_that_of_format_type(
    connection: psycopg.Connection, spelling: str
) -> None:
    expected = spelled_by_server(connection, spelling)
    if expected is None:
        canonical_type(spelling)
        pytest.skip("no such type here")
    assert canonical_type(spelling) == canonical_type(expected)
    assert spelled_by_server(connection, canonical_type(spelling)) == expected


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_canonical_spelling_is_its_own(spelling: str) -> None:
    once = canonical_type(spelling)
    assert canonical_type(once) == once


def test_what_format_type_prints_is_kept_for_all_types_and_modifiers(
    connection: psycopg.Connection,
) -> None:
    spellings = [
        text
        for (text,) in connection.execute(
            "SELECT DISTINCT format_type(t.oid, m.typmod) FROM pg_type AS t "
            "CROSS JOIN (VALUES (-1), (5), (20)) AS m (typmod) "
            "WHERE t.typtype <> 'p' AND (m.typmod = -1 OR t.typmodout <> 0) "
            "AND t.typname !~ 'interval'"
        )
    ]
    assert len(spellings) > 150
    changed = {text: canonical_type(text) for text in spellings if canonical_type(text) != text}
    # Which names PostgreSQL quotes depends on the keywords of its version.
    assert {text.replace('"', "") for text in changed} == {
        text.replace('"', "") for text in changed.values()
    }
    assert set(changed) <= {'s."ab$c"', 's."ab$c"[]', "s.json", "s.json[]"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("int4", "integer"),
        ("varchar(20)", "character varying(20)"),
        ("timestamptz(3)[]", "timestamp(3) with time zone array"),
        ("pg_catalog.int4", "int"),
        ("decimal(5)", "numeric(5,0)"),
        ("s.MOOD", 's."mood"'),
    ],
)
def test_columns_are_equal_when_their_types_are(one: str, other: str) -> None:
    assert Column("a", one) == Column("a", other)
    assert hash(Column("a", one)) == hash(Column("a", other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("char", '"char"'),
        ("char", "bpchar"),
        ("bit", '"bit"'),
        ("varchar(20)", "varchar(21)"),
        ("timestamp", "timestamptz"),
        ("numeric", "numeric(5)"),
        ("s.int4", "int4"),
        ('s."Mood"', "s.mood"),
        ("int", "int[]"),
    ],
)
def test_columns_of_different_types_differ(one: str, other: str) -> None:
    assert Column("a", one) != Column("a", other)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "  ",
        "[]",
        "int\0",
        "serial",
        "BIGSERIAL",
        "varchar(3)(4)",
        "a.b.c",
        "int; DROP TABLE t",
        "text DEFAULT 1",
        'a"b',
        "varchar(",
        "float(54)",
        "interval day to year",
        "x" * 64,
        "int)",
        "text COLLATE de",
        "mood(3) x",
        "timestamp(3) NOT NULL",
        "int, b int",
        "t(1), b int",
        "t(');--)",
    ],
)
def test_what_is_no_type_is_refused(wrong: str) -> None:
    with pytest.raises(DeclarationError):
        canonical_type(wrong)
