"""Nobody reaches a database, a file or a secret that he may not, each attempt a test."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg import sql
from tests.conftest import VERSIONS
from tests.wrappers.database.mariadb import PASSWORD, MariaDB
from tests.wrappers.database.remotes import options

from exclave.cluster import Cluster, Database, find_installation

CREATE = "SELECT exclave.create_wrapper('database', 'exclave.wrappers.database:Database')"


@pytest.fixture
def wrapper_of_nothing(host: Database) -> Iterator[psycopg.Connection]:
    """A superuser's connection to a database whose wrapper may reach nothing."""
    with host.connect() as connection:
        connection.execute(CREATE)
        yield connection


@pytest.fixture
def guest(wrapper: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A connection in the role of a guest, who may use the wrapper and is no superuser."""
    wrapper.execute("CREATE ROLE guest")
    wrapper.execute("GRANT USAGE ON FOREIGN DATA WRAPPER database TO guest")
    wrapper.execute("GRANT ALL ON SCHEMA public TO guest")
    wrapper.execute("SET ROLE guest")
    yield wrapper
    wrapper.execute("RESET ROLE; DROP SERVER IF EXISTS other CASCADE; DROP OWNED BY guest CASCADE")
    wrapper.execute("DROP ROLE guest")


def make_server(connection: psycopg.Connection, url: str, **more: str) -> None:
    """Make the server `other` and the foreign table `it`."""
    create = sql.SQL("CREATE SERVER other FOREIGN DATA WRAPPER database {}")
    connection.execute(create.format(options({"url": url, **more})))
    connection.execute("CREATE FOREIGN TABLE it (id bigint) SERVER other OPTIONS (rows '10')")


def map_user(connection: psycopg.Connection, **login: str) -> None:
    """Give the current user another mapping."""
    connection.execute("DROP USER MAPPING IF EXISTS FOR CURRENT_USER SERVER other")
    create = sql.SQL("CREATE USER MAPPING FOR CURRENT_USER SERVER other {}")
    connection.execute(create.format(options(login)))


def refusal(connection: psycopg.Connection, statement: str = "SELECT * FROM it") -> Any:
    """Give the error of a statement, of which nothing may show a password."""
    with pytest.raises(psycopg.Error) as refused:
        connection.execute(statement.encode())
    said = f"{refused.value}{refused.value.diag.message_detail}{refused.value.diag.context}"
    assert PASSWORD not in said
    return refused.value


def test_nothing_may_be_reached_until_a_superuser_allows_it(
    wrapper_of_nothing: psycopg.Connection, folder: Path
) -> None:
    connection = wrapper_of_nothing
    connection.execute("BEGIN")
    (folder / "mine.db").touch()
    make_server(connection, f"sqlite:///{folder}/mine.db")
    connection.execute("SAVEPOINT made")
    for statement in (
        "SELECT * FROM it", "EXPLAIN SELECT * FROM it", "INSERT INTO it VALUES (1)",
        "TRUNCATE it", "ANALYZE it", "IMPORT FOREIGN SCHEMA main FROM SERVER other INTO public",
    ):  # fmt: skip
        assert refusal(connection, statement).sqlstate == "42501"
        connection.execute("ROLLBACK TO made")
    connection.execute("ROLLBACK")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////etc/passwd",
        "sqlite:///{folder}/../../outside.db",
        "sqlite:///{folder}/link/outside.db",
        "mysql+pymysql://127.0.0.1.evil.example/shop",
        "mysql+pymysql://elsewhere/shop",
        "mysql+pymysql://127.0.0.1/shop?unix_socket=/run/mysqld/mysqld.sock",
        "mysql+pymysql://127.0.0.1/shop?read_default_file=/root/.my.cnf",
        "mysql+mysqldb://127.0.0.1/shop",
        "postgresql+psycopg:///shop",
        "postgresql+psycopg://127.0.0.1/shop?host=/tmp",
        "postgresql+psycopg://127.0.0.1/shop?service=superuser",
        "postgresql+psycopg2://127.0.0.1/shop",
    ],
)
def test_urls_beside_those_allowed_are_refused(
    wrapper: psycopg.Connection, folder: Path, url: str
) -> None:
    link = folder / "link"
    if not link.exists():
        link.symlink_to("/tmp")
    with wrapper.transaction(force_rollback=True):
        make_server(wrapper, url.format(folder=folder))
        assert refusal(wrapper).sqlstate == "42501"


def test_only_a_superuser_says_what_is_allowed(guest: psycopg.Connection) -> None:
    statement = "ALTER FOREIGN DATA WRAPPER database OPTIONS (SET urls 'sqlite:////')"
    assert refusal(guest, statement).sqlstate == "42501"
    for module in ("os", "adbc_driver_unknown", "exclave.wrappers.database"):
        make_server(guest, "mysql+pymysql://127.0.0.1/shop", driver=module)
        assert refusal(guest).sqlstate == "42501"
        guest.execute("DROP SERVER other CASCADE")


def test_files_need_the_rights_of_the_servers_files(
    guest: psycopg.Connection, folder: Path
) -> None:
    create = "CREATE SERVER other FOREIGN DATA WRAPPER database OPTIONS (url 'sqlite:///{}/g.db'{})"
    (folder / "g.db").touch()
    refused = refusal(guest, create.format(folder, ""))
    assert (refused.sqlstate, "pg_read_server_files" in str(refused)) == ("42501", True)
    guest.execute("RESET ROLE; GRANT pg_read_server_files TO guest; SET ROLE guest")
    refused = refusal(guest, create.format(folder, ""))
    assert (refused.sqlstate, "pg_write_server_files" in str(refused)) == ("42501", True)
    guest.execute(create.format(folder, ", updatable 'false'").encode())
    refused = refusal(guest, "ALTER SERVER other OPTIONS (SET updatable 'true')")
    assert refused.sqlstate == "42501"
    guest.execute(
        "CREATE FOREIGN TABLE it (name text) SERVER other OPTIONS (table_name 'sqlite_master')"
    )
    assert guest.execute("SELECT * FROM it").fetchall() == []
    assert refusal(guest, "INSERT INTO it VALUES ('x')").sqlstate is not None


def test_a_file_that_is_not_there_is_not_made(wrapper: psycopg.Connection, folder: Path) -> None:
    for driver in ({}, {"driver": "adbc_driver_sqlite"}):
        with wrapper.transaction(force_rollback=True):
            make_server(wrapper, f"sqlite:///{folder}/nowhere.db", **driver)
            refusal(wrapper)
    assert not (folder / "nowhere.db").exists()


@pytest.mark.parametrize("name", ["/etc/passwd", "{folder}/secret.csv", "read_csv('/etc/passwd')"])
def test_duckdb_reads_no_other_files(wrapper: psycopg.Connection, folder: Path, name: str) -> None:
    (folder / "secret.csv").write_text("id\n1\n")
    duckdb.connect(folder / "files.duckdb").close()
    with wrapper.transaction(force_rollback=True):
        make_server(wrapper, f"duckdb:///{folder}/files.duckdb", driver="adbc_driver_duckdb")
        alter = sql.SQL("ALTER FOREIGN TABLE it OPTIONS (ADD table_name {})")
        wrapper.execute(alter.format(name.format(folder=folder)))
        refusal(wrapper)


def test_a_guest_must_give_a_password(guest: psycopg.Connection, mariadb: MariaDB) -> None:
    make_server(guest, mariadb.url)
    for login in ({}, {"user": "shop"}, {"user": "root"}, {"password": PASSWORD}):
        if login:
            map_user(guest, **login)
        assert refusal(guest).sqlstate == "2F003"
        statement = "IMPORT FOREIGN SCHEMA shop FROM SERVER other INTO public"
        assert refusal(guest, statement).sqlstate == "2F003"
    mariadb.run("CREATE TABLE IF NOT EXISTS it (id bigint)")
    map_user(guest, user="shop", password=PASSWORD)
    assert guest.execute("SELECT * FROM it").fetchall() == []
    map_user(guest, user="shop", password=PASSWORD[:-1])
    assert "Access denied" in str(refusal(guest))


def test_a_guest_gets_in_over_a_socket_by_no_password(
    guest: psycopg.Connection, mariadb: MariaDB
) -> None:
    url = f"mysql+pymysql://127.0.0.1/shop?unix_socket={mariadb.socket}"
    guest.execute("RESET ROLE")
    guest.execute("BEGIN")
    allow = "ALTER FOREIGN DATA WRAPPER database OPTIONS (SET urls {})"
    guest.execute(sql.SQL(allow).format("mysql+pymysql://127.0.0.1/shop?unix_socket=*"))
    guest.execute("SET LOCAL ROLE guest")
    make_server(guest, url)
    map_user(guest, user="shop", password=PASSWORD)
    refused = refusal(guest)
    guest.execute("ROLLBACK; SET ROLE guest")
    assert (refused.sqlstate, "was not used" in str(refused)) == ("2F003", True)


@pytest.mark.parametrize("driver", [{}, {"driver": "adbc_driver_postgresql"}])
def test_a_password_that_nobody_asks_for_opens_nothing(
    guest: psycopg.Connection, host_cluster: Cluster, driver: dict[str, str]
) -> None:
    make_server(guest, f"postgresql+psycopg://127.0.0.1:{host_cluster.port}/postgres", **driver)
    map_user(guest, user="postgres", password="not asked for")
    refused = refusal(guest)
    assert "not asked for" not in str(refused)
    if not driver:
        assert refused.sqlstate == "2F003"
    guest.execute("RESET ROLE")
    guest.execute("ALTER FOREIGN DATA WRAPPER database OPTIONS (ADD password_required 'false')")
    guest.execute("SET ROLE guest")
    guest.execute(
        "ALTER FOREIGN TABLE it OPTIONS (ADD schema_name 'pg_catalog', ADD table_name 'pg_class')"
    )
    guest.execute("ALTER FOREIGN TABLE it RENAME id TO relpages")
    assert guest.execute("SELECT count(*) > 10 FROM it").fetchone() == (True,)
    guest.execute("RESET ROLE")
    guest.execute("ALTER FOREIGN DATA WRAPPER database OPTIONS (DROP password_required)")


@pytest.mark.parametrize("driver", [{}, {"driver": "adbc_driver_postgresql"}])
def test_a_password_that_is_asked_for_opens(
    guest: psycopg.Connection, asking: Cluster, driver: dict[str, str]
) -> None:
    make_server(guest, f"postgresql+psycopg://127.0.0.1:{asking.port}/postgres", **driver)
    guest.execute(
        "ALTER FOREIGN TABLE it OPTIONS (ADD schema_name 'pg_catalog', ADD table_name 'pg_class')"
    )
    guest.execute("ALTER FOREIGN TABLE it RENAME id TO relpages")
    map_user(guest, user="reader", password=PASSWORD)
    assert guest.execute("SELECT count(*) > 10 FROM it").fetchone() == (True,)
    map_user(guest, user="reader", password=PASSWORD + "!")
    assert "authentication failed" in str(refusal(guest))


@pytest.fixture(scope="module")
def asking() -> Iterator[Cluster]:
    """A cluster that asks for passwords."""
    with Cluster(installation=find_installation(VERSIONS[0]), auth="scram") as made:
        with made.connect() as connection:
            create = "CREATE ROLE reader LOGIN PASSWORD {}"
            connection.execute(sql.SQL(create).format(PASSWORD))
        yield made


def test_no_message_and_no_plan_shows_a_password(
    wrapper: psycopg.Connection, mariadb: MariaDB
) -> None:
    with wrapper.transaction(force_rollback=True):
        make_server(wrapper, mariadb.url)
        map_user(wrapper, user="shop", password=PASSWORD)
        mariadb.run("CREATE TABLE IF NOT EXISTS it (id bigint)")
        shown = wrapper.execute("EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM it").fetchall()
        assert "127.0.0.1" not in str(shown)
        assert PASSWORD not in str(shown)
    for url in (
        f"mysql+pymysql://shop:{PASSWORD}@x/shop",
        f"mysql+pymysql://x/?password={PASSWORD}",
    ):
        create = sql.SQL("CREATE SERVER other FOREIGN DATA WRAPPER database {}")
        with pytest.raises(psycopg.errors.FdwInvalidAttributeValue) as refused:
            wrapper.execute(create.format(options({"url": url})))
        assert PASSWORD not in str(refused.value)
    for url in ("mysql+pymysql://shop:telling@x/shop", "mysql+pymysql://x/?password=telling"):
        create = sql.SQL("CREATE SERVER other FOREIGN DATA WRAPPER database {}")
        with pytest.raises(psycopg.errors.FdwInvalidAttributeValue) as refused:
            wrapper.execute(create.format(options({"url": url})))
        assert "telling" not in str(refused.value)
        assert "user mapping" in str(refused.value.diag.message_hint)


def test_an_error_amid_a_statement_shows_no_values(
    wrapper: psycopg.Connection, mariadb: MariaDB
) -> None:
    mariadb.run("CREATE OR REPLACE TABLE it (id bigint PRIMARY KEY)")
    with wrapper.transaction(force_rollback=True):
        make_server(wrapper, mariadb.url)
        map_user(wrapper, user="shop", password=PASSWORD)
        wrapper.execute("ALTER FOREIGN TABLE it ADD word text")
        refused = refusal(wrapper, "INSERT INTO it VALUES (1, 'hush')")
    assert "hush" not in str(refused)
    assert "Unknown column" in str(refused)


@pytest.mark.parametrize("name", ['a"b', "a`b", "a'b; DROP TABLE it; --", "a%sb:c", "a\\b", "ä ß"])
def test_names_are_names_whatever_is_in_them(
    wrapper: psycopg.Connection, mariadb: MariaDB, folder: Path, name: str
) -> None:
    with sqlite3.connect(folder / "names.db") as made:
        quoted = '"' + name.replace('"', '""') + '"'
        made.execute(f"DROP TABLE IF EXISTS {quoted}")
        made.execute(f"CREATE TABLE {quoted} ({quoted} bigint PRIMARY KEY)")
    quoted = "`" + name.replace("`", "``") + "`"
    mariadb.run(f"CREATE OR REPLACE TABLE {quoted} ({quoted} bigint PRIMARY KEY)")
    for url in (f"sqlite:///{folder}/names.db", mariadb.url):
        with wrapper.transaction(force_rollback=True):
            make_server(wrapper, url)
            map_user(wrapper, user="shop", password=PASSWORD)
            alter = (
                "ALTER FOREIGN TABLE it OPTIONS (ADD table_name {}),"
                " ALTER id OPTIONS (column_name {}, key 'true')"
            )
            wrapper.execute(sql.SQL(alter).format(name, name))
            assert wrapper.execute("INSERT INTO it VALUES (1), (2) RETURNING id").fetchall() == [
                (1,),
                (2,),
            ]
            wrapper.execute("UPDATE it SET id = 3 WHERE id = 2")
            wrapper.execute("DELETE FROM it WHERE id = 1")
            assert wrapper.execute("SELECT * FROM it WHERE id > 0 ORDER BY id").fetchall() == [(3,)]


@pytest.mark.parametrize("driver", ["sqlite+nothing", "adbc_driver_nothing"])
def test_a_driver_that_is_not_there_is_a_clear_error(
    wrapper: psycopg.Connection, folder: Path, driver: str
) -> None:
    (folder / "it.db").touch()
    kind, more = ("sqlite", {"driver": driver}) if "adbc" in driver else (driver, {})
    with wrapper.transaction(force_rollback=True):
        allow = "ALTER FOREIGN DATA WRAPPER database OPTIONS (SET drivers {}, SET urls {})"
        wrapper.execute(sql.SQL(allow).format(driver, f"{kind}:///{folder}"))
        make_server(wrapper, f"{kind}:///{folder}/it.db", **more)
        refused = refusal(wrapper)
    assert "Traceback" not in str(refused.diag.message_detail)
    assert "nothing" in str(refused)
