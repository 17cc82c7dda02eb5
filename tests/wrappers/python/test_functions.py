"""Functions as foreign tables, in PostgreSQL."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(sql.SQL(query)).fetchall()


@pytest.fixture
def functions(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection to a database with a wrapper of functions and a server."""
    connection.execute(
        "SELECT exclave.create_wrapper('python', 'exclave.wrappers.python:Functions')"
    )
    connection.execute(
        "ALTER FOREIGN DATA WRAPPER python OPTIONS (ADD modules 'trial_functions, math')"
    )
    connection.execute("CREATE SERVER functions FOREIGN DATA WRAPPER python")
    return connection


def make(connection: psycopg.Connection, name: str, columns: str, function: str = "") -> None:
    text = f"CREATE FOREIGN TABLE {name} ({columns}) SERVER functions OPTIONS (function '{{}}')"
    connection.execute(sql.SQL(text.format(function or name)))


def test_a_function_gives_tuples_or_arrow(functions: psycopg.Connection) -> None:
    make(functions, "numbers", "n bigint, label text")
    make(functions, "r", "n bigint, root float8", "trial_functions.roots")
    assert rows(functions, "SELECT * FROM numbers LIMIT 2") == [(1, "row 1"), (2, "row 2")]
    assert rows(functions, "SELECT label FROM numbers WHERE n = 42") == [("row 42",)]
    assert rows(functions, "SELECT count(*) FROM numbers") == [(100,)]
    assert rows(functions, "SELECT n, root FROM r WHERE root = 9") == [(81, 9.0)]


def test_columns_of_a_table_are_found_by_name(functions: psycopg.Connection) -> None:
    make(functions, "turned", "label text, n bigint", "numbers")
    make(functions, "part", "label text", "numbers")
    make(functions, "wrong", "n bigint, labels text", "numbers")
    assert rows(functions, "SELECT * FROM turned LIMIT 1") == [("row 1", 1)]
    assert rows(functions, "SELECT * FROM part LIMIT 1") == [("row 1",)]
    with pytest.raises(psycopg.errors.FdwColumnNameNotFound, match='no column "labels"') as error:
        rows(functions, "SELECT * FROM wrong")
    assert error.value.diag.message_hint == "Its columns are n, label."


def test_a_function_may_know_its_table(functions: psycopg.Connection) -> None:
    make(functions, "tables", "name text")
    assert rows(functions, "SELECT name FROM tables") == [("tables",)]


def test_a_row_of_another_length_is_an_error_that_names_the_function(
    functions: psycopg.Connection,
) -> None:
    make(functions, "crooked", "b integer, a integer")
    with pytest.raises(
        psycopg.errors.FdwInconsistentDescriptorInformation, match="crooked gave a row of 1 values"
    ):
        rows(functions, "SELECT * FROM crooked")


def test_equal_values_of_in_give_a_row_once(functions: psycopg.Connection) -> None:
    make(functions, "echoes", "number float8, code char(5), given text")
    query = "SELECT given FROM echoes WHERE number IN ('NaN', 'NaN') AND code IN ('a', 'a ')"
    assert rows(functions, query) == [("nan a",)]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT said FROM says WHERE sure", "yes"),
        ("SELECT said FROM says WHERE NOT sure", "no"),
        ("SELECT said FROM says WHERE sure IS TRUE", "yes"),
        ("SELECT said FROM says WHERE sure IS FALSE", "no"),
    ],
)
def test_a_boolean_may_be_given_without_an_equals_sign(
    functions: psycopg.Connection, query: str, said: str
) -> None:
    make(functions, "says", "sure boolean, said text")
    assert rows(functions, query) == [(said,)]


@pytest.mark.parametrize(
    ("query", "found", "wanted"),
    [
        ("SELECT n FROM mixed WHERE kind = 'tuple'", "tuple", "a mapping"),
        ("SELECT kind, n FROM mixed WHERE kind = 'dict'", "dict", "a tuple"),
        ("SELECT n FROM mixed WHERE kind = 'dict'", "dict", "a tuple"),
    ],
)
def test_rows_of_two_kinds_are_an_error_that_names_the_function(
    functions: psycopg.Connection, query: str, found: str, wanted: str
) -> None:
    make(functions, "mixed", "kind text, n integer")
    told = f"function mixed gave a row of the type {found}, expected {wanted}"
    with pytest.raises(psycopg.errors.FdwInconsistentDescriptorInformation, match=told):
        rows(functions, query)


def test_another_column_is_no_value_of_an_argument(functions: psycopg.Connection) -> None:
    make(functions, "powers", "base integer, exponent integer, power bigint")
    functions.execute("CREATE TABLE k AS SELECT 2 AS x UNION ALL SELECT 3")
    query = "SELECT power FROM powers WHERE base IN (2, 3) AND base = exponent"
    assert rows(functions, query) == [(4,), (27,)]
    joined = "SELECT power FROM k, powers WHERE base = x AND exponent = x ORDER BY power"
    assert rows(functions, joined) == [(4,), (27,)]


@pytest.mark.parametrize(
    ("function", "state"),
    [
        ("undeclared", "42883"),
        ("trial_functions.undeclared", "42883"),
        ("sqrt", "42883"),
        ("math.sqrt", "42883"),
        ("os.system", "42501"),
        ("subprocess.run", "42501"),
        ("trial_functions.datetime.date", "42501"),
        ("trial_functions.pa", "42883"),
        ("trial_functions.numbers.function", "42501"),
        ("__import__", "42883"),
        ("", "42883"),
        (".", "42883"),
        (".numbers", None),
    ],
)
def test_only_functions_that_were_declared_in_a_module_that_is_allowed_are_called(
    functions: psycopg.Connection, function: str, state: str | None
) -> None:
    functions.execute("DROP ROLE IF EXISTS function_caller")
    functions.execute("CREATE ROLE function_caller")
    functions.execute("GRANT USAGE ON FOREIGN SERVER functions TO function_caller")
    functions.execute("CREATE SCHEMA theirs AUTHORIZATION function_caller")
    functions.execute("SET ROLE function_caller")
    make(functions, "theirs.it", "n bigint", function or " ")
    if state is None:
        assert rows(functions, "SELECT n FROM theirs.it LIMIT 1") == [(1,)]
        return
    with pytest.raises(psycopg.Error) as error:
        rows(functions, "SELECT n FROM theirs.it")
    assert error.value.sqlstate == state


def test_who_has_usage_cannot_allow_a_module(functions: psycopg.Connection) -> None:
    functions.execute("DROP ROLE IF EXISTS function_caller")
    functions.execute("CREATE ROLE function_caller")
    functions.execute("GRANT USAGE ON FOREIGN DATA WRAPPER python TO function_caller")
    functions.execute("SET ROLE function_caller")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        functions.execute("ALTER FOREIGN DATA WRAPPER python OPTIONS (SET modules 'os')")
    functions.execute("CREATE SERVER theirs FOREIGN DATA WRAPPER python")
    with pytest.raises(psycopg.errors.FdwInvalidOptionName):
        functions.execute("ALTER SERVER theirs OPTIONS (ADD modules 'os')")
