"""Faults prepared on real servers: each gives its own finding, and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import psycopg
import pytest

from exclave import Column, ForeignTable, Server, UserMapping
from exclave.cluster.endpoint import Port
from exclave.doctor import Finding, Report, examine

from .conftest import Pooler
from .pair import PASSWORD, Pair, only_these_logins

WITHOUT_THE_CRASH = {15: 150018, 16: 160014, 17: 170010, 18: 180004}
"""The minor versions of 14 May 2026, for which the release notes name a fix that concerns all."""


def examined(pair: Pair, dsn: str | None = None) -> Report:
    """Examine the hub as its application, and hold that no secret and no trace is left."""
    report = examine(dsn or pair.dsn, timeout_seconds=2)
    assert PASSWORD not in report.json()
    assert PASSWORD not in report.text()
    with pair.hub.connect() as hub:
        left = hub.execute("SELECT relname FROM pg_class WHERE relname LIKE 'exclave%'")
        assert left.fetchall() == []
    return report


def true_of_it(pair: Pair) -> set[str]:
    """Give what is to be found even at a healthy hub."""
    with pair.hub.connect() as hub:
        version = hub.info.server_version
    old = version < WITHOUT_THE_CRASH.get(version // 10000, 0)
    return {"old-minor-version"} if old else set()


def only_finding(pair: Pair, dsn: str | None = None) -> Finding:
    """Examine a hub with one fault, and give the one finding that it makes."""
    known = true_of_it(pair)
    found = [finding for finding in examined(pair, dsn) if finding.code not in known]
    assert len(found) == 1, "\n".join(f"{each.code}: {each.message}" for each in found)
    return found[0]


def lines_for(finding: Finding, where: str) -> list[str]:
    """Give the lines of a finding's remedies that go to one place."""
    return [line for each in finding.remedies if each.where == where for line in each.lines]


def test_at_a_healthy_hub_there_is_nothing_to_find_but_what_is_true_of_it(pair: Pair) -> None:
    report = examined(pair)
    assert {finding.code for finding in report} == true_of_it(pair)
    assert report.servers == ("accounts",)
    assert report.notes == ()
    assert report.exit_code == (2 if report.findings else 0)


def test_a_foreign_table_over_a_remote_sequence_is_healthy(pair: Pair) -> None:
    pair.on_remote("CREATE SEQUENCE numbers AS bigint", f"GRANT SELECT ON numbers TO {pair.shop}")
    with pair.as_app() as app:
        app.execute(
            "CREATE FOREIGN TABLE erp.numbers (last_value bigint NOT NULL) SERVER accounts "
            "OPTIONS (schema_name 'public', table_name 'numbers')"
        )
        app.execute("ANALYZE erp.numbers")
    assert {finding.code for finding in examined(pair)} == true_of_it(pair)


def test_over_a_connection_of_the_callers_it_finds_the_same_and_leaves_nothing_open(
    pair: Pair,
) -> None:
    pair.on_remote("ALTER TABLE customers RENAME name TO full_name")
    with pair.as_app() as app:
        report = examine(app)
        assert [each.code for each in report] == [each.code for each in examined(pair)]
        kept = app.execute("SELECT * FROM postgres_fdw_get_connections()").fetchall()
        assert kept == []
        app.execute("SELECT id FROM erp.customers")
        examine(app)
        kept = app.execute("SELECT server_name FROM postgres_fdw_get_connections()").fetchall()
        assert kept == [("accounts",)]
    assert "pooler" in report.notes[0]


Prepare = Callable[[Pair], AbstractContextManager[None]]


def on_hub(*statements: str) -> Prepare:
    def prepare(pair: Pair) -> AbstractContextManager[None]:
        pair.on_hub(*(each.format(**pair.names) for each in statements))
        return nullcontext()

    return prepare


def on_remote(*statements: str) -> Prepare:
    def prepare(pair: Pair) -> AbstractContextManager[None]:
        pair.on_remote(*(each.format(**pair.names) for each in statements))
        return nullcontext()

    return prepare


@contextmanager
def nothing_listens(pair: Pair) -> Iterator[None]:
    port = Port()
    pair.on_hub(f"ALTER SERVER accounts OPTIONS (SET port '{port.number}')")
    yield
    port.release()


@contextmanager
def it_never_answers(pair: Pair) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        pair.on_hub(f"ALTER SERVER accounts OPTIONS (SET port '{port}')")
        yield


def no_line_for_it(pair: Pair) -> AbstractContextManager[None]:
    line = "host other other 127.0.0.1/32 scram-sha-256"
    return only_these_logins(pair.remote.cluster, line)


def it_asks_for_no_password(pair: Pair) -> AbstractContextManager[None]:
    return only_these_logins(pair.remote.cluster, "host all all 127.0.0.1/32 trust")


ACCOUNTS = 'foreign server "accounts"'
CUSTOMERS = 'foreign table "erp"."customers"'
FAULTS: dict[str, tuple[Prepare, str, str, str, str]] = {
    "nobody listens": (
        nothing_listens,
        "server-unreachable",
        ACCOUNTS,
        "hub",
        "ALTER SERVER accounts OPTIONS (SET host '<its host>', SET port '<its port>');",
    ),
    "the remote never answers": (
        it_never_answers,
        "server-silent",
        ACCOUNTS,
        "hub",
        "ALTER SERVER accounts OPTIONS (SET host '<its host>', SET port '<its port>');",
    ),
    "the password is another": (
        on_remote("ALTER ROLE {shop} PASSWORD 'another'"),
        "wrong-password",
        ACCOUNTS,
        "hub",
        "ALTER USER MAPPING FOR {app} SERVER accounts OPTIONS (SET password '<its password>');",
    ),
    "pg_hba.conf has no line for the hub": (
        no_line_for_it,
        "no-pg-hba-line",
        ACCOUNTS,
        "pg_hba.conf",
        'host  "{database}"  "{shop}"  <address of the hub>/32  scram-sha-256',
    ),
    "the remote asks for no password": (
        it_asks_for_no_password,
        "password-not-asked",
        ACCOUNTS,
        "pg_hba.conf",
        'host  "{database}"  "{shop}"  <address of the hub>/32  scram-sha-256',
    ),
    "the mapping has no password": (
        on_hub("ALTER USER MAPPING FOR {app} SERVER accounts OPTIONS (DROP password)"),
        "password-not-asked",
        ACCOUNTS,
        "hub",
        "ALTER USER MAPPING FOR {app} SERVER accounts OPTIONS (ADD password '<its password>');",
    ),
    "the role may not log in": (
        on_remote("ALTER ROLE {shop} NOLOGIN"),
        "remote-role-missing",
        ACCOUNTS,
        "remote",
        "ALTER ROLE {shop} LOGIN;  -- or, if there is no such role:",
    ),
    "there is no such database": (
        on_hub("ALTER SERVER accounts OPTIONS (SET dbname 'nowhere')"),
        "remote-database-missing",
        ACCOUNTS,
        "remote",
        "CREATE DATABASE nowhere;",
    ),
    "the role has all its connections": (
        on_remote("ALTER ROLE {shop} CONNECTION LIMIT 0"),
        "remote-is-full",
        ACCOUNTS,
        "remote",
        "ALTER ROLE {shop} CONNECTION LIMIT -1;  -- if that is what is used up",
    ),
    "the remote has no SSL": (
        on_hub("ALTER SERVER accounts OPTIONS (ADD sslmode 'require')"),
        "server-fails",
        ACCOUNTS,
        "pg_hba.conf",
        'hostssl  "{database}"  "{shop}"  <address of the hub>/32  scram-sha-256',
    ),
    "a table has another name": (
        on_remote("ALTER TABLE customers RENAME TO clients"),
        "remote-table-missing",
        CUSTOMERS,
        "hub",
        "ALTER FOREIGN TABLE erp.customers "
        "OPTIONS (SET schema_name '<its schema>', ADD table_name '<its name>');",
    ),
    "a column has another name": (
        on_remote('ALTER TABLE "Orders" RENAME total TO grand_total'),
        "remote-column-missing",
        'foreign table "erp"."orders", column "amount"',
        "hub",
        "ALTER FOREIGN TABLE erp.orders ALTER COLUMN amount "
        "OPTIONS (SET column_name 'grand_total');",
    ),
    "a column has another type": (
        on_remote('ALTER TABLE "Orders" ALTER customer TYPE text'),
        "remote-column-type",
        'foreign table "erp"."orders", column "customer"',
        "hub",
        "ALTER FOREIGN TABLE erp.orders ALTER COLUMN customer TYPE text;",
    ),
    "a column may be NULL": (
        on_remote("ALTER TABLE customers ALTER name DROP NOT NULL"),
        "remote-column-nullable",
        'foreign table "erp"."customers", column "name"',
        "hub",
        "ALTER FOREIGN TABLE erp.customers ALTER COLUMN name DROP NOT NULL;",
    ),
    "a table may not be read there": (
        on_remote("REVOKE SELECT ON customers FROM {shop}"),
        "remote-table-not-readable",
        CUSTOMERS,
        "remote",
        "GRANT SELECT ON public.customers TO {shop};",
    ),
    "one column may not be read there": (
        on_remote(
            "REVOKE SELECT ON customers FROM {shop}",
            "GRANT SELECT (id, name) ON customers TO {shop}",
        ),
        "remote-table-not-readable",
        CUSTOMERS,
        "remote",
        "GRANT SELECT ON public.customers TO {shop};",
    ),
    "a table may not be read on the hub": (
        on_hub(
            "CREATE ROLE {app}_owner",
            "ALTER FOREIGN TABLE erp.customers OWNER TO {app}_owner",
        ),
        "table-not-readable",
        ACCOUNTS,
        "hub",
        "GRANT SELECT ON erp.customers TO {app};",
    ),
    "there is no user mapping": (
        on_hub("DROP USER MAPPING FOR {app} SERVER accounts"),
        "no-user-mapping",
        ACCOUNTS,
        "hub",
        "CREATE USER MAPPING FOR {app} SERVER accounts "
        "OPTIONS (user '<remote user>', password '<its password>');",
    ),
    "a secret stands where all can read it": (
        on_hub(
            "CREATE FOREIGN DATA WRAPPER other",
            "CREATE SERVER open FOREIGN DATA WRAPPER other "
            "OPTIONS (password 'of the remote: s3cret')",
            "GRANT USAGE ON FOREIGN SERVER open TO {app}",
        ),
        "exposed-secret",
        'foreign server "open"',
        "hub",
        "ALTER SERVER open OPTIONS (DROP password);",
    ),
    "a wrapper has no handler": (
        on_hub(
            "CREATE FOREIGN DATA WRAPPER other",
            "CREATE SERVER dead FOREIGN DATA WRAPPER other",
            "GRANT USAGE ON FOREIGN SERVER dead TO {app}",
            "CREATE FOREIGN TABLE erp.dead () SERVER dead",
            "ALTER FOREIGN TABLE erp.dead OWNER TO {app}",
        ),
        "wrapper-without-handler",
        'foreign server "dead"',
        "hub",
        "ALTER FOREIGN DATA WRAPPER other HANDLER <its function>;",
    ),
    "no password is required": (
        on_hub(
            "ALTER USER MAPPING FOR {app} SERVER accounts OPTIONS (ADD password_required 'false')"
        ),
        "password-not-required",
        'user mapping for "{app}" on server "accounts"',
        "hub",
        "ALTER USER MAPPING FOR {app} SERVER accounts OPTIONS (DROP password_required);",
    ),
    "the role has fewer connections than the hub": (
        on_remote("ALTER ROLE {shop} CONNECTION LIMIT 12"),
        "connections-may-exceed",
        ACCOUNTS,
        "hub",
        "ALTER ROLE {app} CONNECTION LIMIT 12;",
    ),
    "the database has fewer connections than the hub": (
        on_remote("ALTER DATABASE {database} CONNECTION LIMIT 12"),
        "connections-may-exceed",
        ACCOUNTS,
        "remote",
        "ALTER DATABASE {database} CONNECTION LIMIT 20;",
    ),
    "two servers share what the remote takes": (
        on_hub(
            "CREATE SERVER second FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', "
            "port '{port}', dbname '{database}', connect_timeout '2')",
            "GRANT USAGE ON FOREIGN SERVER second TO {app}",
            "CREATE USER MAPPING FOR {app} SERVER second "
            "OPTIONS (user '{shop}', password 'of the remote: s3cret')",
            "ALTER DATABASE {hub} CONNECTION LIMIT 60",
        ),
        "connections-may-exceed",
        ACCOUNTS,
        "hub",
        "ALTER ROLE {app} CONNECTION LIMIT 48;",
    ),
    "fetch_size is the default": (
        on_hub("ALTER SERVER accounts OPTIONS (DROP fetch_size)"),
        "default-fetch-size",
        ACCOUNTS,
        "hub",
        "ALTER SERVER accounts OPTIONS (ADD fetch_size '10000');",
    ),
    "use_remote_estimate is off": (
        on_hub(
            "ALTER SERVER accounts OPTIONS (SET use_remote_estimate 'off')",
            "SET ROLE {app}",
            "ANALYZE erp.customers, erp.orders",
        ),
        "no-remote-estimate",
        ACCOUNTS,
        "hub",
        "ALTER SERVER accounts OPTIONS (SET use_remote_estimate 'true');",
    ),
    "a table was never analyzed": (
        on_hub("ALTER FOREIGN TABLE erp.customers OPTIONS (ADD use_remote_estimate 'false')"),
        "never-analyzed",
        ACCOUNTS,
        "hub",
        "ANALYZE erp.customers;",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_prepared_fault_is_found_with_its_remedy_and_no_other(pair: Pair, fault: str) -> None:
    prepare, code, subject, where, line = FAULTS[fault]
    with prepare(pair):
        finding = only_finding(pair)
    assert finding.code == code
    assert finding.subject == subject.format(**pair.names)
    assert line.format(**pair.names) in lines_for(finding, where)


def test_a_pooler_by_transaction_is_found(pair: Pair, pooler: Pooler) -> None:
    with pooler(pair, "transaction") as port:
        pair.on_hub(f"ALTER SERVER accounts OPTIONS (SET port '{port}')")
        finding = only_finding(pair)
    assert finding.code == "transaction-pooling"
    assert lines_for(finding, "pgbouncer.ini") == ["pool_mode = session"]


def test_a_pooler_by_session_is_none_to_speak_of(pair: Pair, pooler: Pooler) -> None:
    with pooler(pair, "session") as port:
        pair.on_hub(f"ALTER SERVER accounts OPTIONS (SET port '{port}')")
        assert {finding.code for finding in examined(pair)} == true_of_it(pair)


OTHER_ORDERS = {
    "another encoding": ("ENCODING 'WIN1251' LOCALE 'C'", "C in WIN1251"),
    "ICU": ("LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'", "en (icu)"),
}


@pytest.mark.parametrize("order", OTHER_ORDERS)
def test_another_collation_is_found(pair: Pair, order: str) -> None:
    clause, called = OTHER_ORDERS[order]
    name, cluster = f"{pair.remote.name}_other", pair.remote.cluster
    with cluster.connect() as remote:
        try:
            remote.execute(f"CREATE DATABASE {name} TEMPLATE template0 {clause}".encode())
        except psycopg.errors.FeatureNotSupported as error:
            pytest.skip(str(error))
    try:
        pair.on_hub(
            f"ALTER SERVER accounts OPTIONS (SET dbname '{name}')",
            "DROP FOREIGN TABLE erp.customers, erp.orders",
        )
        finding = only_finding(pair)
    finally:
        cluster.drop_database(name)
    assert finding.code == "collation-differs"
    assert "C in UTF8" in finding.message
    assert called in finding.message


def test_a_role_without_usage_only_learns_whether_the_remote_answers(pair: Pair) -> None:
    reader = f"{pair.app}_reader"
    pair.on_hub(
        f"CREATE ROLE {reader} LOGIN PASSWORD '{PASSWORD}'",
        f"GRANT USAGE ON SCHEMA erp TO {reader}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA erp TO {reader}",
        f"CREATE USER MAPPING FOR {reader} SERVER accounts "
        f"OPTIONS (user '{pair.shop}', password '{PASSWORD}')",
    )
    dsn = pair.hub.url(driver=None, user=reader, password=PASSWORD)
    finding = only_finding(pair, dsn)
    assert finding.code == "cannot-look"
    assert lines_for(finding, "hub") == [f"GRANT USAGE ON FOREIGN SERVER accounts TO {reader};"]
    pair.on_remote(f"ALTER ROLE {pair.shop} PASSWORD 'another'")
    codes = {each.code for each in examined(pair, dsn)} - true_of_it(pair)
    assert codes == {"cannot-look", "wrong-password"}
    pair.on_hub(f"ALTER ROLE {reader} NOLOGIN")


def test_asynchronous_scans_need_a_minor_version_that_has_them_right(pair: Pair) -> None:
    pair.on_hub("ALTER SERVER accounts OPTIONS (ADD async_capable 'true')")
    with pair.hub.connect() as hub:
        major, minor = divmod(hub.info.server_version, 10000)
    found = [each for each in examined(pair) if each.code == "old-minor-version"]
    right = {15: 19, 16: 15, 17: 11, 18: 6}[major]
    assert [f"fixed in {major}.{right}" in each.message for each in found] == (
        [True] if minor < right else []
    )


def test_where_nothing_else_ends_the_wait_connect_timeout_is_advised(pair: Pair) -> None:
    pair.on_hub("ALTER SERVER accounts OPTIONS (DROP connect_timeout)")
    with it_never_answers(pair):
        found = {each.code for each in examined(pair)} - true_of_it(pair)
    silent = {"server-silent"}
    assert found == (silent | {"no-connect-timeout"} if pair.hub.cluster.major < 16 else silent)


def test_what_else_the_remote_says_of_a_table_is_shown(pair: Pair) -> None:
    pair.on_remote(
        "CREATE EXTENSION postgres_fdw",
        "CREATE SERVER further FOREIGN DATA WRAPPER postgres_fdw",
        "CREATE FOREIGN TABLE far (id int) SERVER further OPTIONS (use_remote_estimate 'true')",
        f"GRANT SELECT ON far TO {pair.shop}",
    )
    pair.on_hub(
        "CREATE FOREIGN TABLE erp.far (id int) SERVER accounts OPTIONS (schema_name 'public')",
        f"ALTER FOREIGN TABLE erp.far OWNER TO {pair.app}",
    )
    finding = only_finding(pair)
    assert finding.code == "remote-table-fails"
    assert "user mapping not found" in finding.message


def test_what_is_declared_and_not_there_is_found_with_what_it_lacks(pair: Pair) -> None:
    pair.on_hub(
        f"REVOKE CREATE ON SCHEMA erp FROM {pair.app}", "ALTER SCHEMA erp OWNER TO postgres"
    )
    declared = [
        ForeignTable("more", [Column("id", "no_such_type")], server="accounts", schema="erp"),
        Server("sheets", "file_fdw"),
        UserMapping("accounts", "nobody_of_that_name", options={"password": PASSWORD}),
    ]
    with pair.as_app() as app:
        report = examine(app, declared)
    assert PASSWORD not in report.json()
    assert {each.code for each in report if each.subject == "declarations"} == {
        "differs-from-declared",
        "missing-extension",
        "missing-prerequisite",
        "missing-privilege",
    }


def test_as_declared_there_is_nothing_to_add(pair: Pair) -> None:
    with pair.as_app() as app:
        report = examine(app, [Server("accounts", options=_options(pair))])
    assert {finding.code for finding in report} == true_of_it(pair)


def _options(pair: Pair) -> dict[str, str | int]:
    return {
        "host": "127.0.0.1",
        "port": pair.remote.cluster.port,
        "dbname": pair.remote.name,
        "connect_timeout": 2,
        "fetch_size": 1000,
        "use_remote_estimate": "true",
    }
