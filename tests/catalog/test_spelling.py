"""Types, defaults and checks are spelled alike whatever the session's search path is."""

from __future__ import annotations

import pytest

from exclave.catalog import read
from exclave.cluster import Database
from exclave.objects.data_type import canonical_type

PATHS = ["public", "s, public", "''", "pg_catalog", '"My Schema", s, public, pg_catalog']


@pytest.fixture
def hub(database: Database) -> Database:
    """A foreign table that uses types, functions and collations of several schemas."""
    with database.connect() as connection:
        for statement in (
            "CREATE SCHEMA s",
            'CREATE SCHEMA "My Schema"',
            "CREATE TYPE s.mood AS ENUM ('sad', 'happy')",
            "CREATE TYPE public.\"Mood (x)\" AS ENUM ('sad')",
            'CREATE DOMAIN "My Schema"."a.b[]" AS varchar(7)[]',
            'CREATE DOMAIN s."timestamp" AS int',
            "CREATE DOMAIN public.integer_ AS int",
            'CREATE TYPE s."select" AS (a int)',
            "CREATE COLLATION s.german (locale = 'C')",
            "CREATE FUNCTION s.f(s.mood) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT true'",
            "CREATE FUNCTION s.lower(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1'",
            "CREATE FOREIGN DATA WRAPPER any_fdw",
            "CREATE SERVER remote FOREIGN DATA WRAPPER any_fdw",
            "CREATE FOREIGN TABLE t ("
            "  a s.mood DEFAULT 'sad'::s.mood CHECK (s.f(a)),"
            '  b public."Mood (x)"[],'
            '  c "My Schema"."a.b[]",'
            '  d s."timestamp"[],'
            "  e public.integer_,"
            '  f s."select",'
            "  g text COLLATE s.german DEFAULT s.lower('X'),"
            "  h text DEFAULT pg_catalog.lower('X'),"
            '  i "char",'
            '  j name COLLATE "default",'
            '  k text COLLATE "default",'
            "  l numeric(5)[][]"
            ") SERVER remote",
        ):
            connection.execute(statement.encode())
    return database


@pytest.mark.parametrize("path", PATHS)
def test_a_spelling_does_not_depend_on_the_search_path(hub: Database, path: str) -> None:
    with hub.connect() as connection:
        connection.execute(f"SET search_path = {path}".encode())
        table = read(connection).catalog.foreign_tables["public", "t"]
    assert [column.type for column in table.columns] == [
        "s.mood",
        'public."Mood (x)"[]',
        '"My Schema"."a.b[]"',
        's."timestamp"[]',
        "public.integer_",
        's."select"',
        "text",
        "text",
        '"char"',
        "name",
        "text",
        "numeric(5,0)[]",
    ]
    assert [column.default for column in table.columns if column.default] == [
        "'sad'::s.mood",
        "s.lower('X'::text)",
        "lower('X'::text)",
    ]
    assert [check.expression for check in table.checks] == ["s.f(a)"]
    assert [str(column.collation) for column in table.columns if column.collation] == [
        "s.german",
        'pg_catalog."default"',
    ]


def test_every_type_of_the_database_is_spelled_as_format_type_spells_it(hub: Database) -> None:
    with hub.connect() as connection:
        connection.execute("SET search_path = pg_catalog")
        spellings = connection.execute(
            "SELECT format_type(oid, -1) FROM pg_type WHERE typtype <> 'p'"
        ).fetchall()
    assert len(spellings) > 150
    wrong = {text: canonical_type(text) for (text,) in spellings if canonical_type(text) != text}
    assert wrong == {}
