"""The host: it is built, starts Python when needed, and runs a class as a wrapper."""

from __future__ import annotations

import subprocess

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Database, fresh_database


@pytest.fixture
def numbers(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection to a database with the foreign table `numbers` of a hundred rows."""
    connection.execute("SELECT exclave.create_wrapper('numbers', 'trial_wrappers:Numbers')")
    connection.execute("CREATE SERVER numbers FOREIGN DATA WRAPPER numbers")
    connection.execute(
        "CREATE FOREIGN TABLE numbers (id bigint, label text) SERVER numbers OPTIONS (count '100')"
    )
    return connection


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(sql.SQL(query)).fetchall()


def test_python_is_that_of_the_virtual_environment(connection: psycopg.Connection) -> None:
    (version,) = rows(connection, "SELECT exclave.python_version()")[0]
    assert str(version).startswith("3.")


def test_a_class_gives_the_rows_of_a_table(numbers: psycopg.Connection) -> None:
    assert rows(numbers, "SELECT * FROM numbers")[:2] == [(1, "row 1"), (2, "row 2")]
    assert rows(numbers, "SELECT count(*), sum(id), max(label) FROM numbers") == [
        (100, 5050, "row 99")
    ]
    assert rows(numbers, "SELECT label FROM numbers WHERE id = 42") == [("row 42",)]
    assert rows(numbers, "SELECT numbers FROM numbers LIMIT 1") == [('(1,"row 1")',)]


def test_a_table_joins_itself_and_is_rescanned(numbers: psycopg.Connection) -> None:
    for method in ("nestloop", "hashjoin"):
        numbers.execute("SET enable_hashjoin = off; SET enable_mergejoin = off")
        numbers.execute("SET enable_nestloop = on; SET enable_material = off")
        if method == "hashjoin":
            numbers.execute("SET enable_hashjoin = on; SET enable_nestloop = off")
        assert rows(
            numbers, "SELECT count(*) FROM numbers a JOIN numbers b ON a.id = b.id + 1"
        ) == [(99,)]


def test_a_prepared_statement_sees_options_that_changed(numbers: psycopg.Connection) -> None:
    numbers.execute("SET plan_cache_mode = force_generic_plan")
    numbers.execute("PREPARE p(bigint) AS SELECT count(*) FROM numbers WHERE id > $1")
    assert rows(numbers, "EXECUTE p(10)") == [(90,)]
    numbers.execute("ALTER FOREIGN TABLE numbers OPTIONS (SET count '20')")
    assert rows(numbers, "EXECUTE p(10)") == [(10,)]


def test_explain_shows_the_class_and_scans_nothing(numbers: psycopg.Connection) -> None:
    shown = "\n".join(
        str(row[0]) for row in rows(numbers, "EXPLAIN VERBOSE SELECT id FROM numbers")
    )
    assert "Python Class: trial_wrappers:Numbers" in shown
    assert 'Python Plan: {"columns":["id"]}' in shown
    assert "rows=100" in shown


def test_options_are_checked_by_the_class(numbers: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.FdwInvalidOptionName) as unknown:
        numbers.execute("ALTER FOREIGN TABLE numbers OPTIONS (ADD counts '1')")
    assert unknown.value.diag.message_hint == 'Perhaps you meant the option "count".'
    with pytest.raises(psycopg.errors.FdwInvalidAttributeValue, match='"count"'):
        numbers.execute("ALTER FOREIGN TABLE numbers OPTIONS (SET count 'many')")
    with pytest.raises(psycopg.errors.FdwDynamicParameterValueNeeded, match='"count"'):
        numbers.execute("ALTER FOREIGN TABLE numbers OPTIONS (DROP count)")
    with pytest.raises(psycopg.errors.FdwInvalidOptionName):
        numbers.execute("CREATE USER MAPPING FOR PUBLIC SERVER numbers OPTIONS (password 'x')")
    with pytest.raises(psycopg.errors.FdwInvalidOptionName):
        numbers.execute("ALTER FOREIGN TABLE numbers ALTER id OPTIONS (ADD remote 'x')")
    numbers.execute("ALTER SERVER numbers OPTIONS (ADD prefix 'line')")
    assert rows(numbers, "SELECT label FROM numbers LIMIT 1") == [("line 1",)]


def test_two_wrappers_have_options_of_their_own(numbers: psycopg.Connection) -> None:
    numbers.execute(
        "SELECT exclave.create_wrapper('Forbidden \"one\"', 'trial_wrappers:Forbidden')"
    )
    numbers.execute('CREATE SERVER other FOREIGN DATA WRAPPER "Forbidden ""one"""')
    with pytest.raises(psycopg.errors.FdwInvalidOptionName):
        numbers.execute("ALTER SERVER other OPTIONS (ADD prefix 'line')")
    numbers.execute("CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (password 'secret')")
    numbers.execute("CREATE FOREIGN TABLE told (it text) SERVER other")
    assert rows(numbers, "SELECT it FROM told") == [("secret",)]


def test_a_class_that_is_none_is_refused_with_the_traceback(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.FdwUnableToCreateExecution) as missing:
        connection.execute("SELECT exclave.create_wrapper('x', 'no_such_module:Class')")
    assert "Traceback" in (missing.value.diag.message_detail or "")
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        connection.execute("SELECT exclave.create_wrapper('x', 'os')")
    with pytest.raises(psycopg.errors.WrongObjectType):
        connection.execute("SELECT exclave.create_wrapper('x', 'os:system')")


def test_a_wrapper_can_be_made_again_and_goes_with_the_extension(
    numbers: psycopg.Connection,
) -> None:
    with pytest.raises(psycopg.errors.DuplicateObject):
        numbers.execute("SELECT exclave.create_wrapper('numbers', 'trial_wrappers:Faulty')")
    assert rows(numbers, "SELECT count(*) FROM numbers") == [(100,)]
    numbers.execute("DROP FOREIGN DATA WRAPPER numbers CASCADE")
    numbers.execute("SELECT exclave.create_wrapper('numbers', 'trial_wrappers:Numbers')")
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        numbers.execute("DROP EXTENSION exclave_fdw")
    numbers.execute("DROP EXTENSION exclave_fdw CASCADE")
    assert rows(numbers, "SELECT count(*) FROM pg_proc WHERE proname LIKE 'numbers%'") == [(0,)]


def test_functions_made_by_hand_make_a_wrapper(connection: psycopg.Connection) -> None:
    for declared in (
        "mufdw_handler() RETURNS fdw_handler AS '$libdir/exclave_fdw', 'exclave_handler'",
        "mufdw_validator(text[], oid) RETURNS void AS '$libdir/exclave_fdw', 'exclave_validator'",
    ):
        connection.execute(
            sql.SQL(
                "CREATE FUNCTION " + declared + " LANGUAGE C STRICT "
                "SET exclave_fdw.class = 'trial_wrappers:Numbers'"
            )
        )
    connection.execute(
        "CREATE FOREIGN DATA WRAPPER mufdw HANDLER mufdw_handler VALIDATOR mufdw_validator"
    )
    connection.execute("CREATE SERVER loopback FOREIGN DATA WRAPPER mufdw")
    connection.execute("CREATE USER MAPPING FOR PUBLIC SERVER loopback")
    connection.execute(
        "CREATE FOREIGN TABLE f_players (id int) SERVER loopback OPTIONS (count '2')"
    )
    assert rows(connection, "SELECT * FROM f_players") == [(1,), (2,)]


def test_a_function_without_a_class_says_what_to_do(connection: psycopg.Connection) -> None:
    connection.execute(
        "CREATE FUNCTION bare() RETURNS fdw_handler "
        "AS '$libdir/exclave_fdw', 'exclave_handler' LANGUAGE C STRICT"
    )
    connection.execute("CREATE FOREIGN DATA WRAPPER bare HANDLER bare")
    connection.execute("CREATE SERVER bare FOREIGN DATA WRAPPER bare")
    connection.execute("CREATE FOREIGN TABLE b (id int) SERVER bare")
    with pytest.raises(psycopg.errors.FdwError, match="no Python class"):
        connection.execute("SELECT * FROM b")


def test_a_wrapper_whose_handler_is_taken_away_says_so_in_the_same_session(
    numbers: psycopg.Connection,
) -> None:
    table = "SELECT * FROM numbers"
    assert rows(numbers, table)
    numbers.execute("ALTER FOREIGN DATA WRAPPER numbers NO HANDLER")
    wanted = 'foreign-data wrapper "numbers" has no handler'
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=wanted):
        rows(numbers, table)


def test_a_virtual_environment_that_is_none_is_an_error_each_time(host: Database) -> None:
    for wrong in ("/nowhere", "/etc"):
        with host.connect() as connection:
            connection.execute(sql.SQL("SET exclave_fdw.python = {}").format(wrong))
            for _ in range(2):
                with pytest.raises(psycopg.errors.ConfigFileError):
                    connection.execute("SELECT exclave.python_version()")
    with host.connect() as connection:
        connection.execute("SELECT exclave.python_version()")
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            connection.execute("SET exclave_fdw.python = '/elsewhere'")


def test_a_dump_brings_wrappers_back(numbers: psycopg.Connection, host: Database) -> None:
    installation = host.cluster.installation
    dump = subprocess.run(
        [installation.program("pg_dump"), host.dsn],
        env=installation.environment(), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    statements = "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))
    with fresh_database(host.cluster) as restored, restored.connect() as connection:
        connection.execute(sql.SQL(statements))
        connection.execute("RESET search_path")
        assert rows(connection, "SELECT count(*) FROM public.numbers") == [(100,)]


def test_only_superusers_choose_python_and_classes(host: Database) -> None:
    with host.connect() as admin:
        admin.execute("CREATE ROLE plain LOGIN")
        admin.execute("SELECT exclave.create_wrapper('numbers', 'trial_wrappers:Numbers')")
        admin.execute("GRANT USAGE ON FOREIGN DATA WRAPPER numbers TO plain")
        admin.execute("GRANT USAGE ON SCHEMA exclave TO plain")
        admin.execute("GRANT ALL ON ALL FUNCTIONS IN SCHEMA exclave TO plain")
        admin.execute("CREATE SCHEMA mine AUTHORIZATION plain")
    try:
        with host.connect(user="plain") as plain:
            plain.execute("SET exclave_fdw.class = 'os:system'")  # means nothing
            plain.execute("CREATE SERVER numbers FOREIGN DATA WRAPPER numbers")
            plain.execute(
                "CREATE FOREIGN TABLE mine.numbers (id int) SERVER numbers OPTIONS (count '3')"
            )
            assert rows(plain, "SELECT * FROM mine.numbers") == [(1,), (2,), (3,)]
            for refused in (
                "SET exclave_fdw.python = '/tmp/evil'",
                "SELECT exclave.create_wrapper('x', 'os:system')",
                "ALTER FUNCTION exclave.numbers_handler() SET exclave_fdw.class = 'os:system'",
                "SHOW exclave_fdw.python",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    plain.execute(sql.SQL(refused))
        with host.connect(user="plain") as plain:  # before the library is loaded
            plain.execute("SET exclave_fdw.python = '/tmp/evil'")  # a name like any other
            assert rows(plain, "SELECT * FROM mine.numbers") == [(1,), (2,), (3,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                plain.execute("SHOW exclave_fdw.python")
        with host.connect() as admin:
            admin.execute("ALTER FUNCTION exclave.numbers_handler() OWNER TO plain")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="superuser"):
                admin.execute("SELECT * FROM mine.numbers")
    finally:
        with host.connect() as admin:
            admin.execute("DROP OWNED BY plain CASCADE; DROP ROLE plain")
