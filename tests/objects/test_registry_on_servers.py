"""What the registry says of PostgreSQL's own wrappers is what real servers do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import psycopg
import pytest

from exclave.cluster import Cluster, Database, fresh_database
from exclave.errors import DeclarationError
from exclave.objects import Options
from exclave.objects.quoting import quote_identifier, quote_literal
from exclave.objects.registry import Level, check_options, rules_of

UNKNOWN_OPTION = {"HV00D", "HV00J"}  # fdw_invalid_option_name, fdw_option_name_not_found

NO_BOOLEAN = "42601"  # syntax_error, of defGetBoolean

# Read as the others are, but when the hub logs in with SCRAM only.
READ_LATER = {"use_scram_passthrough"}

WRAPPERS = ("postgres_fdw", "file_fdw", "dblink_fdw")

STATEMENTS: dict[Level, str] = {
    "wrapper": "ALTER FOREIGN DATA WRAPPER {wrapper} OPTIONS ({option} {value})",
    "server": "CREATE SERVER other FOREIGN DATA WRAPPER {wrapper} OPTIONS ({option} {value})",
    "user_mapping": "CREATE USER MAPPING FOR PUBLIC SERVER {wrapper} OPTIONS ({option} {value})",
    "table": "CREATE FOREIGN TABLE t (a int) SERVER {wrapper} OPTIONS ({option} {value})",
    "column": "CREATE FOREIGN TABLE t (a text OPTIONS ({option} {value})) SERVER {wrapper}{table}",
    "import": "IMPORT FOREIGN SCHEMA s FROM SERVER {wrapper} INTO public "
    "OPTIONS ({option} {value})",
}

# A table of file_fdw is refused without it, before its columns are looked at.
TABLE_OPTIONS = {"file_fdw": " OPTIONS (filename '/dev/null')"}

# PostgreSQL 18's first minor versions take this option of dblink_fdw anywhere, and use it on
# servers and user mappings only.
TAKEN_AND_UNUSED = {
    ("dblink_fdw", level, "use_scram_passthrough") for level in ("wrapper", "table", "column")
}

# Names to try besides those of the registry and libpq's: all that the wrappers' sources mention,
# and COPY's options, which file_fdw takes some of.
MORE_NAMES = {
    "client_encoding",
    "fallback_application_name",
    "force_quote",
    "freeze",
    "import_stats",
    "import_statistics",
    "oauth_ca_file",
    "replication",
    "restore_stats",
    "requiressl",
    "tty",
    "authtype",
    "convert_selectively",
    "reject_limit",
    "use_scram_passthrough",
}


def names_to_try() -> set[str]:
    """Give every name that any of the wrappers could know."""
    names = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    for wrapper in WRAPPERS:
        rules = rules_of(wrapper)
        assert rules is not None
        for options in rules.options.values():
            names |= set(options)
    return names | MORE_NAMES


def libpq_names() -> set[str]:
    return {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Iterator[Database]:
    """A database with a server of each wrapper, called like the wrapper."""
    with fresh_database(cluster, prefix="registry") as database:
        with database.connect() as connection:
            for extension in ("postgres_fdw", "file_fdw", "dblink"):
                connection.execute(f"CREATE EXTENSION {extension}".encode())
            for wrapper in WRAPPERS:
                connection.execute(
                    f"CREATE SERVER {wrapper} FOREIGN DATA WRAPPER {wrapper}".encode()
                )
        yield database


def refusal(
    connection: psycopg.Connection, wrapper: str, level: Level, option: str, value: str
) -> str | None:
    """Set an option at a level, take it back, and give the SQLSTATE of a server that refuses."""
    statement = STATEMENTS[level].format(
        wrapper=wrapper,
        option=quote_identifier(option),
        value=quote_literal(value),
        table=TABLE_OPTIONS.get(wrapper, ""),
    )
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except psycopg.Error as error:
        return error.sqlstate
    return None


def knows(connection: psycopg.Connection, wrapper: str, level: Level, option: str) -> bool:
    """Tell whether a server knows an option at a level, whatever it thinks of the value."""
    return refusal(connection, wrapper, level, option, "1") not in UNKNOWN_OPTION


def takes(
    connection: psycopg.Connection, wrapper: str, level: Level, option: str, value: str
) -> bool:
    """Tell whether a server takes a value for a boolean option, whatever it then does with it."""
    return refusal(connection, wrapper, level, option, value) != NO_BOOLEAN


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("level", get_args(Level))
def test_the_registry_lists_what_a_server_accepts_and_no_more(
    server: Database, wrapper: str, level: Level
) -> None:
    if level == "import" and wrapper != "postgres_fdw":
        pytest.skip(f"{wrapper} has no IMPORT FOREIGN SCHEMA")
    rules = rules_of(wrapper)
    assert rules is not None
    major = server.cluster.major
    listed = {name for name, rule in rules.options[level].items() if rule.since <= major}
    later = {name for name, rule in rules.options[level].items() if rule.since > major}
    with server.connect() as connection:
        accepted = {name for name in names_to_try() if knows(connection, wrapper, level, name)}
    assert listed - accepted == set(), "the registry lists what this server refuses"
    # A server may be linked with a later libpq than its own, and then knows its parameters too.
    accepted -= later & libpq_names()
    accepted -= {name for name in accepted if (wrapper, level, name) in TAKEN_AND_UNUSED}
    assert accepted - listed == set(), "this server accepts what the registry does not list"


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("level", get_args(Level))
def test_a_boolean_is_accepted_where_a_server_accepts_it(
    server: Database, wrapper: str, level: Level
) -> None:
    rules = rules_of(wrapper)
    assert rules is not None
    major = server.cluster.major
    with server.connect() as connection:
        for rule in rules.options[level].values():
            if rule.type != "boolean" or rule.since > major or rule.name in READ_LATER:
                continue
            for value in ("true", "FALSE", "On", "off", "yes", "no", "1", "0", "t", "maybe"):
                if takes(connection, wrapper, level, rule.name, value):
                    check_options(Options({rule.name: value}), wrapper, level, "it", major)
                else:
                    with pytest.raises(DeclarationError, match="must be true or false"):
                        check_options(Options({rule.name: value}), wrapper, level, "it", major)


@pytest.mark.parametrize(
    ("wrapper", "level"), [(w, level) for w in WRAPPERS for level in STATEMENTS]
)
def test_nothing_that_a_server_hints_at_is_missing(
    server: Database, wrapper: str, level: Level
) -> None:
    rules = rules_of(wrapper)
    assert rules is not None
    statement = STATEMENTS[level].format(
        wrapper=wrapper,
        option="no_such_option",
        value="'1'",
        table=TABLE_OPTIONS.get(wrapper, ""),
    )
    with server.connect() as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(statement.encode())
    hint = caught.value.diag.message_hint or ""
    prefix = "Valid options in this context are: "
    if not hint.startswith(prefix):
        pytest.skip("this version hints at the closest name only")
    hinted = {name.strip() for name in hint.removeprefix(prefix).split(",")}
    assert hinted - set(rules.options[level]) == set()
