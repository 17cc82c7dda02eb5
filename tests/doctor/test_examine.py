"""As whom, over which sessions and how far a hub is examined."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from exclave.doctor import Report, examine
from exclave.errors import CatalogError, DeclarationError

from .pair import PASSWORD, Pair


@contextmanager
def reader_of(pair: Pair, *grants: str) -> Iterator[str]:
    """Give the connection string of a role that does not own the server."""
    name = f"{pair.app}_reader"
    pair.on_hub(
        f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'",
        f"GRANT USAGE ON SCHEMA erp TO {name}",
        *(grant.format(reader=name, **pair.names) for grant in grants),
    )
    yield pair.hub.url(driver=None, user=name, password=PASSWORD)
    pair.on_hub(f"ALTER ROLE {name} NOLOGIN")


MAPPING = (
    "CREATE USER MAPPING FOR {reader} SERVER accounts "
    f"OPTIONS (user '{{shop}}', password '{PASSWORD}')"
)
SELECT = "GRANT SELECT ON ALL TABLES IN SCHEMA erp TO {reader}"
USAGE = "GRANT USAGE ON FOREIGN SERVER accounts TO {reader}"


def codes(report: Report) -> set[str]:
    """Give the codes of a report but that which any hub may have."""
    return {finding.code for finding in report} - {"old-minor-version"}


def test_a_role_that_does_not_own_the_server_sees_as_much(pair: Pair) -> None:
    pair.on_remote("ALTER TABLE customers DROP feels")
    with reader_of(pair, MAPPING, SELECT, USAGE) as dsn:
        assert codes(examine(dsn)) == {"remote-column-missing"}


def test_a_remote_that_never_answers_holds_nobody_up_for_good(pair: Pair) -> None:
    with (
        reader_of(pair, MAPPING, SELECT, USAGE) as dsn,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        port = listening.getsockname()[1]
        pair.on_hub(f"ALTER SERVER accounts OPTIONS (SET port '{port}', DROP connect_timeout)")
        found = codes(examine(dsn, timeout_seconds=1))
        advice = {"no-connect-timeout"} if pair.hub.cluster.major < 16 else set()
        assert found == {"server-silent"} | advice
        with psycopg.connect(dsn, autocommit=True) as reader:
            report = examine(reader, timeout_seconds=1)
        if pair.hub.cluster.major < 16:
            assert codes(report) == advice
            assert "was not tried" in report.notes[0]
        else:
            assert codes(report) == {"server-silent"}


def test_servers_with_which_a_role_has_nothing_to_do_are_left_out(pair: Pair) -> None:
    pair.on_hub(
        "CREATE SERVER lonely FOREIGN DATA WRAPPER postgres_fdw OPTIONS (connect_timeout '2')"
    )
    report = examine(pair.dsn)
    assert report.servers == ("accounts",)
    note = f'1 other is on the hub, with which the role "{pair.app}" has nothing to do.'
    assert report.notes == (note,)
    report = examine(pair.dsn, servers=["lonely"])
    assert report.servers == ("lonely",)
    assert codes(report) == {"no-user-mapping"}


def test_a_superuser_without_a_mapping_is_told_whom_to_be(pair: Pair) -> None:
    report = examine(pair.hub.url(driver=None))
    assert codes(report) == {"no-user-mapping"}
    [finding] = report.of("advice")
    assert pair.app in finding.message
    role = pair.hub.url(driver=None) + f"?options=-c%20role%3D{pair.app}"
    assert codes(examine(role)) == set()


def test_where_some_tables_may_be_read_the_others_are_no_more_than_advice(pair: Pair) -> None:
    with reader_of(pair, MAPPING, "GRANT SELECT ON erp.orders TO {reader}", USAGE) as dsn:
        report = examine(dsn)
    assert [finding.code for finding in report.of("advice")] == ["table-not-readable"]


def test_a_read_only_session_only_learns_whether_the_remote_answers(pair: Pair) -> None:
    dsn = pair.dsn + "?options=-c%20default_transaction_read_only%3Don"
    report = examine(dsn)
    assert codes(report) == set()
    assert "read-only" in report.notes[0]
    pair.on_remote(f"ALTER ROLE {pair.shop} PASSWORD 'another'")
    assert codes(examine(dsn)) == {"wrong-password"}


def test_within_a_transaction_of_the_callers_it_goes_on_afterwards(pair: Pair) -> None:
    pair.on_remote("ALTER TABLE customers DROP feels")
    with psycopg.connect(pair.dsn) as app:
        app.execute("CREATE TABLE erp.kept ()")
        assert codes(examine(app)) == {"remote-column-missing"}
        assert app.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
        assert app.execute("SHOW statement_timeout").fetchone() == ("0",)
        assert app.execute("SELECT count(*) FROM erp.kept").fetchone() == (0,)


def test_with_room_for_one_session_alone_servers_are_looked_at_one_by_one(pair: Pair) -> None:
    pair.on_hub(f"ALTER ROLE {pair.app} CONNECTION LIMIT 1")
    pair.on_remote("ALTER TABLE customers DROP feels")
    report = examine(pair.dsn)
    assert codes(report) == {"remote-column-missing"}
    assert "pooler" in report.notes[0]


def test_several_servers_are_told_of_as_they_are_done(pair: Pair) -> None:
    with pair.as_app() as app:
        for number in range(6):
            name = f"more_{number}"
            app.execute(
                f"CREATE SERVER {name} FOREIGN DATA WRAPPER postgres_fdw "
                f"OPTIONS (host '127.0.0.1', port '1', connect_timeout '2')".encode()
            )
            app.execute(f"CREATE USER MAPPING FOR CURRENT_USER SERVER {name}".encode())
    told: list[tuple[int, int, str]] = []
    report = examine(pair.dsn, progress=lambda *done: told.append(done))
    assert [(done, count) for done, count, _ in told] == [(each, 7) for each in range(1, 8)]
    assert {server for *_, server in told} == set(report.servers)
    assert len([each for each in report if each.code == "password-not-asked"]) == 6


def test_many_servers_at_one_remote_do_not_use_up_its_connections(pair: Pair) -> None:
    with pair.as_app() as app:
        for number in range(20):
            name = f"more_{number}"
            app.execute(
                f"CREATE SERVER {name} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1',"
                f" port '{pair.remote.cluster.port}', dbname '{pair.remote.name}', "
                "connect_timeout '2')".encode()
            )
            app.execute(
                f"CREATE USER MAPPING FOR CURRENT_USER SERVER {name} "
                f"OPTIONS (user '{pair.shop}', password '{PASSWORD}')".encode()
            )
    pair.on_remote(f"ALTER ROLE {pair.shop} CONNECTION LIMIT 16")
    report = examine(pair.dsn)
    assert codes(report) == {"connections-may-exceed"}
    assert report.notes == ()


def test_a_server_of_another_wrapper_is_tried_too(pair: Pair) -> None:
    pair.on_hub(
        "CREATE EXTENSION file_fdw",
        "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
        f"GRANT USAGE ON FOREIGN SERVER files TO {pair.app}",
        "CREATE FOREIGN TABLE erp.lines (line text) SERVER files "
        "OPTIONS (filename '/nowhere/at/all')",
        f"GRANT SELECT ON erp.lines TO {pair.app}",
    )
    [finding] = examine(pair.dsn).of("error")
    assert finding.code == "server-fails"
    assert finding.subject == 'foreign server "files"'
    assert "/nowhere/at/all" in finding.message


def test_a_program_is_not_started_to_try_a_server(pair: Pair) -> None:
    pair.on_hub(
        "CREATE EXTENSION file_fdw",
        "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
        f"GRANT USAGE ON FOREIGN SERVER files TO {pair.app}",
        "CREATE FOREIGN TABLE erp.lines (line text) SERVER files OPTIONS (program 'exit 3')",
        f"GRANT SELECT ON erp.lines TO {pair.app}",
    )
    report = examine(pair.dsn)
    assert codes(report) == set()
    note = 'foreign server "files" was not tried: it has no table to try it with.'
    assert report.notes == (note,)


def test_a_server_that_is_not_there_is_refused(pair: Pair) -> None:
    with pytest.raises(DeclarationError, match="it has 'accounts'"):
        examine(pair.dsn, servers=["acounts"])


@pytest.mark.parametrize(
    "dsn", ["postgresql://app:hunter2@127.0.0.1:1/shop", "host=127.0.0.1 password='hunter2"]
)
def test_a_hub_that_cannot_be_reached_is_an_error_without_its_password(dsn: str) -> None:
    with pytest.raises(CatalogError) as raised:
        examine(dsn)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_what_a_remote_says_is_shown_without_secrets(pair: Pair) -> None:
    pair.on_hub(
        f"ALTER USER MAPPING FOR {pair.app} SERVER accounts OPTIONS (SET password 'nowhere')",
        "ALTER SERVER accounts OPTIONS (SET dbname 'nowhere')",
    )
    pair.on_remote(f"ALTER ROLE {pair.shop} PASSWORD 'nowhere'")
    [finding] = examine(pair.dsn).of("error")
    assert finding.code == "remote-database-missing"
    assert 'database "********" does not exist' in finding.message
