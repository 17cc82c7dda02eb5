"""IMPORT FOREIGN SCHEMA: what a class answers becomes tables."""

from __future__ import annotations

from typing import Any, Literal, get_args

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Database
from exclave.fdw import ImportRequest, Options

Selection = Literal["all", "limit_to", "except"]


@pytest.fixture
def importing(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute("SELECT exclave.create_wrapper('importing', 'trial_imports:Importing')")
    connection.execute("CREATE SERVER \"Imp\" FOREIGN DATA WRAPPER importing OPTIONS (base 'b')")
    connection.execute("CREATE SCHEMA here")
    connection.execute("CREATE TABLE kept (a int)")
    return connection


def run(connection: psycopg.Connection, selection: str = "", options: str = "") -> list[str]:
    """Import the schema `there`, and give the names of the tables that are made."""
    connection.execute(
        sql.SQL(
            f'IMPORT FOREIGN SCHEMA there {selection} FROM SERVER "Imp" INTO here '
            + (f"OPTIONS ({options})" if options else "")
        )
    )
    found = connection.execute(
        "SELECT foreign_table_name FROM information_schema.foreign_tables "
        "WHERE foreign_table_schema = 'here' ORDER BY 1"
    )
    return [str(name) for (name,) in found.fetchall()]


@pytest.mark.parametrize("selection", get_args(Selection))
def test_a_request_tells_which_tables_are_wanted(selection: Selection) -> None:
    request = ImportRequest("there", "here", selection, ("a",), Options())
    assert request.wants("a") is (selection != "except")
    assert request.wants("b") is (selection != "limit_to")


def test_tables_come_with_names_types_and_options_as_the_class_gave_them(
    importing: psycopg.Connection,
) -> None:
    assert run(importing) == ['Sec"ond', "first", "select"]
    columns = importing.execute(
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull, attfdwoptions, collname "
        "FROM pg_attribute LEFT JOIN pg_collation c ON c.oid = attcollation "
        "WHERE attrelid = 'here.select'::regclass AND attnum > 0 ORDER BY attnum"
    ).fetchall()
    assert columns == [
        ("id", "bigint", True, None, None),
        ('Say "hi"', "text", False, ["original=it's"], "C"),
        ("price", "numeric(10,2)", False, None, None),
        ("tags", "text[]", False, None, "default"),
    ]
    options: Any = importing.execute(
        'SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = \'here."Sec""ond"\'::regclass'
    ).fetchone()
    assert options == (['source=Sec"ond', "depth=2"],)
    assert importing.execute('SELECT * FROM here."Sec""ond"').fetchall() == []


def test_limit_to_and_except_choose_among_the_tables(importing: psycopg.Connection) -> None:
    assert run(importing, 'LIMIT TO ("select", missing)') == ["select"]
    importing.execute("DROP FOREIGN TABLE here.select")
    assert run(importing, 'EXCEPT ("select", missing)') == ['Sec"ond', "first"]


def test_the_class_knows_the_user_the_server_and_the_options(importing: psycopg.Connection) -> None:
    notices: list[str] = []
    importing.add_notice_handler(lambda notice: notices.append(str(notice.message_primary)))
    importing.execute("CREATE USER MAPPING FOR PUBLIC SERVER \"Imp\" OPTIONS (password 'hush-h')")
    assert run(importing, options="prefix 'x_'") == ['x_Sec"ond', "x_first", "x_select"]
    assert notices == [f"{importing.info.user} asks b for there"]
    with pytest.raises(psycopg.errors.FdwInvalidOptionName) as unknown:
        run(importing, options="prefixes 'x_'")
    assert unknown.value.diag.message_hint == 'Perhaps you meant the option "prefix".'


def test_a_schema_that_is_not_there_is_an_error(importing: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.FdwSchemaNotFound, match='no schema "elsewhere"'):
        importing.execute('IMPORT FOREIGN SCHEMA elsewhere FROM SERVER "Imp" INTO here')


WRONG = [
    ("unknown type", "42704", 'type "no_such_type" does not exist'),
    ("injected type", "42601", "syntax error"),
    ("pseudo type", "42P16", "anyelement"),
    ("no name", "42602", 'column "" of the imported table "t"'),
    ("nul", "42602", "has a name that is none"),
    ("long", "42622", "more than 63 bytes"),
    ("option", "HV00D", 'column "c" of the imported table "t": invalid option "orignal"'),
    ("value", "HV024", 'the option "original" is a list'),
    ("collation", "42704", 'collation "no_such"'),
    ("no column", "HV004", 'ImportedColumn as a column of the imported table "t", found tuple'),
    ("surrogate", "42602", "has a name that is none"),
    ("type of type", "HV004", 'the type of column "c" of the imported table "t", found type'),
    ("no table", "HV004", "expected ImportedTable as a table, found str"),
    ("table option", "HV024", 'the imported table "t": the option "depth"'),
    ("missing option", "HV002", 'the imported table "t": the option "source"'),
]
"""What is wrong, the SQLSTATE that says so, and a part of the message."""


def test_what_is_wrong_is_an_error_that_names_table_and_column(
    importing: psycopg.Connection,
) -> None:
    for wrong, state, message in WRONG:
        with pytest.raises(psycopg.Error) as refused:
            run(importing, options=f"wrong '{wrong}'")
        said = refused.value.diag
        assert said.sqlstate == state, wrong
        assert message in str(said.message_primary)
        if wrong in ("unknown type", "injected type"):
            assert 'column "c" of the imported table "t"' in str(said.context)
    assert importing.execute("SELECT count(*) FROM kept").fetchall() == [(0,)]


def test_a_class_that_imports_nothing_says_so(connection: psycopg.Connection) -> None:
    connection.execute("SELECT exclave.create_wrapper('plain', 'trial_imports:Explained')")
    connection.execute("CREATE SERVER plain FOREIGN DATA WRAPPER plain")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="does not import schemas"):
        connection.execute("IMPORT FOREIGN SCHEMA there FROM SERVER plain INTO public")


def test_names_in_another_encoding_arrive_whole(host: Database) -> None:
    cluster = host.cluster
    with cluster.connect() as admin:
        admin.execute(
            "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
    try:
        with cluster.connect("latin") as latin:
            latin.execute("CREATE EXTENSION exclave_fdw")
            latin.execute("SELECT exclave.create_wrapper('importing', 'trial_imports:Importing')")
            latin.execute('CREATE SERVER "Imp" FOREIGN DATA WRAPPER importing')
            latin.execute("CREATE SCHEMA here")
            assert 'éSec"ond' in run(latin, options="prefix 'é'")
            with pytest.raises(psycopg.errors.UntranslatableCharacter):
                run(latin, options="wrong 'euro'")
    finally:
        cluster.drop_database("latin")
