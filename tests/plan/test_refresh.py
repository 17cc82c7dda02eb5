"""Refreshing materialized views over two real remotes: in order, beside readers, past failures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

import exclave as xc
from exclave.catalog import read
from exclave.cluster import Cluster, Database, fresh_database
from exclave.errors import (
    DeclarationError,
    PlanError,
    PrerequisiteError,
    RefreshError,
    RemoteError,
    RemoteRefreshError,
)
from exclave.plan import (
    Refreshed,
    RefreshStatus,
    install_ledger,
    make,
    refresh,
    refresh_status,
)
from exclave.plan.ledger.table import LOCK_KEY

Connection = psycopg.Connection[Any]
NewRole = Callable[..., str]


def run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement.encode())


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def wait_for(connection: Connection, query: str) -> None:
    """Wait until a query gives TRUE; PostgreSQL tells nobody when a session begins to wait."""
    for _ in range(1200):
        if rows(connection, query) == [(True,)]:
            return
        time.sleep(0.05)
    pytest.fail(f"never true: {query}")


@pytest.fixture
def countries(remote_cluster: Cluster) -> Iterator[dict[str, Database]]:
    """Two remote databases with orders each."""
    with (
        fresh_database(remote_cluster, prefix="nl") as nl,
        fresh_database(remote_cluster, prefix="de") as de,
    ):
        for number, database in enumerate((nl, de)):
            with database.connect() as remote:
                run(remote, "CREATE TABLE orders (id int PRIMARY KEY, amount int)")
                remote.execute(
                    "INSERT INTO orders SELECT g, g + %s FROM generate_series(1, 3) AS g",
                    [number * 100],
                )
        yield {"nl": nl, "de": de}


def foreign(name: str, database: Database) -> list[xc.objects.ForeignObject]:
    """What reads the orders of one remote."""
    cluster = database.cluster
    options = {"host": cluster.host, "port": cluster.port, "dbname": database.name}
    server = xc.Server(name, options=options)
    secret = xc.Secret.literal(cluster.password or "")
    login = {"user": cluster.superuser, "password": secret}
    return [
        server,
        xc.UserMapping(server, "CURRENT_USER", options=login),
        xc.ForeignTable(
            f"{name}_orders",
            [xc.Column("id", "int"), xc.Column("amount", "int")],
            server=server,
            options={"schema_name": "public", "table_name": "orders"},
        ),
    ]


KEY = xc.Index("key", ["country", "id"], unique=True)

ORDERS = xc.MaterializedView(
    "all_orders",
    "SELECT 'nl' AS country, id, amount FROM nl_orders "
    "UNION ALL SELECT 'de', id, amount FROM de_orders",
    indexes=[KEY],
)
TOTALS = xc.MaterializedView(
    "a_total",
    "SELECT country, sum(amount) AS total FROM all_orders GROUP BY country",
    indexes=[xc.Index("country", ["country"], unique=True)],
)
BEST = xc.MaterializedView("a_best", "SELECT max(total) AS best FROM big_totals")
VIEWS = (BEST, TOTALS, ORDERS)


@pytest.fixture
def hub(database: Database, countries: dict[str, Database]) -> Iterator[Connection]:
    """Three levels of views over two foreign tables, an ordinary view between the last two."""
    with database.connect() as connection:
        run(connection, "CREATE EXTENSION postgres_fdw")
        objects = [*foreign("nl", countries["nl"]), *foreign("de", countries["de"])]
        assert make(connection, [*objects, ORDERS, TOTALS]).apply(connection)
        run(connection, "CREATE VIEW big_totals AS SELECT * FROM a_total WHERE total > 5")
        assert make(connection, [BEST]).apply(connection)
        yield connection


def names(results: list[Refreshed]) -> list[str]:
    return [result.view.name for result in results]


def status(hub: Connection, name: str) -> RefreshStatus:
    [found] = refresh_status(hub, [name])
    return found


@contextmanager
def locked(database: Database) -> Iterator[Connection]:
    """Keep everyone from reading the orders of a remote."""
    with database.connect(autocommit=False) as holder:
        holder.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        yield holder
        holder.rollback()


def waits(database: Database) -> str:
    """A query that tells whether a session in a database waits for a lock on the orders."""
    return (
        "SELECT count(*) > 0 FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database "  # noqa: S608
        f"WHERE NOT l.granted AND d.datname = '{database.name}'"
    )


@contextmanager
def in_background(
    database: Database, *arguments: Any, **options: Any
) -> Iterator[Future[list[Refreshed]]]:
    """Refresh in another session, at the same time."""
    name = "refresher"
    with (
        ThreadPoolExecutor(1) as pool,
        database.connect(application_name=name) as connection,
    ):
        yield pool.submit(refresh, connection, *arguments, **options)


# In order ----------------------------------------------------------------------------------------


def test_three_levels_over_two_remotes_are_refreshed_in_order(
    hub: Connection, countries: dict[str, Database]
) -> None:
    assert rows(hub, "SELECT best FROM a_best") == [(306,)]
    with countries["de"].connect() as remote:
        run(remote, "UPDATE orders SET amount = 1000 WHERE id = 1")
    results = refresh(hub)
    assert names(results) == ["all_orders", "a_total", "a_best"]
    assert rows(hub, "SELECT best FROM a_best") == [(1205,)]
    assert [result.outcome for result in results] == ["refreshed"] * 3
    assert [result.concurrently for result in results] == [True, True, False]
    assert results[2].reason == "it has no unique index"
    for result in results:
        assert result.started is not None
        assert result.duration is not None
        kept = status(hub, result.view.name)
        assert (kept.refreshed, kept.duration) == (result.started, result.duration)
        assert kept.concurrently == result.concurrently
        assert kept.outcome == "refreshed"
        assert kept.age is not None
        assert kept.age > result.duration
    assert "a_total: refreshed in 0." in str(results[1])
    assert str(results[2]).endswith("not concurrently: it has no unique index")


def test_only_named_views_are_refreshed(hub: Connection, countries: dict[str, Database]) -> None:
    with countries["de"].connect() as remote:
        run(remote, "UPDATE orders SET amount = 1000 WHERE id = 1")
    assert names(refresh(hub, [TOTALS, "public.a_best"])) == ["a_total", "a_best"]
    assert rows(hub, "SELECT best FROM a_best") == [(306,)]
    assert names(refresh(hub, [BEST, ORDERS, xc.QualifiedName("a_total")])) == [
        "all_orders",
        "a_total",
        "a_best",
    ]
    assert rows(hub, "SELECT best FROM a_best") == [(1205,)]


def test_what_is_no_view_is_refused_before_anything(hub: Connection) -> None:
    before = refresh_status(hub)
    with pytest.raises(PlanError, match="no materialized view nowhere"):
        refresh(hub, ["all_orders", "nowhere"])
    with pytest.raises(PlanError, match="no materialized view big_totals"):
        refresh(hub, ["big_totals"])
    with pytest.raises(DeclarationError, match="several views"):
        refresh(hub, "all_orders")
    assert [each.refreshed for each in refresh_status(hub)] == [each.refreshed for each in before]


# Beside readers ----------------------------------------------------------------------------------


def test_a_reader_reads_the_old_data_during_a_concurrent_refresh(
    hub: Connection, database: Database, countries: dict[str, Database]
) -> None:
    with countries["de"].connect() as remote:
        run(remote, "INSERT INTO orders VALUES (4, 104)")
    with database.connect(options="-c lock_timeout=10s") as reader, locked(countries["de"]) as held:
        with in_background(database, ["all_orders"]) as running:
            wait_for(held, waits(countries["de"]))
            assert rows(reader, "SELECT count(*) FROM all_orders") == [(6,)]
            assert not running.done()
            held.rollback()
            [result] = running.result()
        assert result.concurrently
        assert rows(reader, "SELECT count(*) FROM all_orders") == [(7,)]


def test_a_reader_waits_for_a_refresh_that_is_not_concurrent(
    hub: Connection, database: Database, countries: dict[str, Database]
) -> None:
    with (
        locked(countries["de"]) as held,
        database.connect(options="-c lock_timeout=1") as reader,
        in_background(database, ["all_orders"], concurrently=False) as running,
    ):
        wait_for(held, waits(countries["de"]))
        with pytest.raises(psycopg.errors.LockNotAvailable):
            rows(reader, "SELECT count(*) FROM all_orders")
        held.rollback()
        [result] = running.result()
    assert not result.concurrently
    assert result.reason == "it was not asked for"


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        ("CREATE INDEX i ON plain (id)", "it has no unique index"),
        ("CREATE UNIQUE INDEX i ON plain (id) WHERE id > 0", "its unique index i is partial"),
        ("CREATE UNIQUE INDEX i ON plain ((id + 1))", "its unique index i is over an expression"),
        ("CREATE UNIQUE INDEX i ON plain (id)", None),
    ],
)
def test_why_a_view_cannot_be_refreshed_concurrently_is_said(
    hub: Connection, index: str, reason: str | None
) -> None:
    run(hub, "CREATE MATERIALIZED VIEW plain AS SELECT 1 AS id", index)
    [result] = refresh(hub, ["plain"])
    assert result.concurrently == (reason is None)
    assert (result.reason or "").startswith(reason or "")
    if reason is None:
        assert refresh(hub, ["plain"], concurrently=True)[0].concurrently
        return
    with pytest.raises(PlanError, match=reason):
        refresh(hub, ["all_orders", "plain"], concurrently=True)


def test_a_view_without_data_is_filled_first(hub: Connection) -> None:
    run(
        hub,
        "CREATE MATERIALIZED VIEW empty AS SELECT 1 AS id WITH NO DATA",
        "CREATE UNIQUE INDEX i ON empty (id)",
    )
    found = status(hub, "empty")
    assert not found.populated
    assert (found.outcome, found.refreshed, found.age) == ("unknown", None, None)
    with pytest.raises(PlanError, match="no data yet"):
        refresh(hub, ["empty"], concurrently=True)
    [first] = refresh(hub, ["empty"])
    assert (first.concurrently, first.reason) == (False, "it has no data yet")
    [second] = refresh(hub, ["empty"])
    assert second.concurrently


# One at a time -----------------------------------------------------------------------------------


def test_a_second_refresh_of_one_view_waits_for_the_first(
    hub: Connection, database: Database, countries: dict[str, Database]
) -> None:
    with locked(countries["de"]) as held, in_background(database, ["all_orders"]) as first:
        wait_for(held, waits(countries["de"]))
        with in_background(database, ["all_orders"]) as second:
            wait_for(
                hub,
                "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
            )
            with pytest.raises(RefreshError) as caught:
                refresh(hub, ["all_orders"], wait=False)
            assert 'being refreshed by role "postgres"' in str(caught.value)
            assert "(refresher)" in str(caught.value)
            assert names(refresh(hub, ["a_total"], wait=False)) == ["a_total"]
            held.rollback()
            [one], [other] = first.result(), second.result()
    assert one.started is not None
    assert one.duration is not None
    assert other.started is not None
    assert other.started >= one.started + one.duration - timedelta(milliseconds=1)
    assert status(hub, "all_orders").refreshed == other.started


@pytest.mark.parametrize("word", ["", "CONCURRENTLY "])
def test_who_does_not_wait_heeds_a_refresh_by_other_means(database: Database, word: str) -> None:
    with database.connect() as hub, database.connect(autocommit=False) as other:
        run(hub, "CREATE MATERIALIZED VIEW v AS SELECT 1 AS id", "CREATE UNIQUE INDEX i ON v (id)")
        other.execute(f"REFRESH MATERIALIZED VIEW {word}v".encode())
        with pytest.raises(RefreshError, match='being refreshed by role "postgres", process'):
            refresh(hub, ["v"], wait=False)
        other.rollback()
        other.execute("SELECT * FROM v")
        assert names(refresh(hub, ["v"], concurrently=True, wait=False)) == ["v"]


def test_two_first_refreshes_at_once_make_one_ledger(database: Database) -> None:
    with database.connect() as admin, database.connect(autocommit=False) as holder:
        run(admin, "CREATE MATERIALIZED VIEW a AS SELECT 1 AS id")
        run(admin, "CREATE MATERIALIZED VIEW b AS SELECT 1 AS id")
        holder.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        with in_background(database, ["a"]) as one, in_background(database, ["b"]) as other:
            wait_for(admin, "SELECT count(*) = 2 FROM pg_locks WHERE NOT granted")
            holder.rollback()
            assert len(one.result()) == len(other.result()) == 1
        assert status(admin, "a").outcome == status(admin, "b").outcome == "refreshed"


def test_a_view_that_is_dropped_meanwhile_is_an_error(hub: Connection, database: Database) -> None:
    run(hub, "CREATE MATERIALIZED VIEW going AS SELECT 1 AS id")
    [(oid,)] = rows(hub, "SELECT 'going'::regclass::oid::int8")
    with database.connect(autocommit=False) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s)", [(0x78635246 << 32) | oid])
        with in_background(database, ["going"]) as running:
            wait_for(
                hub, "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            run(hub, "DROP MATERIALIZED VIEW going")
            holder.rollback()
            with pytest.raises(RefreshError, match="dropped meanwhile"):
                running.result()


# Past failures -----------------------------------------------------------------------------------


def test_a_remote_that_is_down_leaves_the_old_data_and_says_so(
    hub: Connection, countries: dict[str, Database], remote_cluster: Cluster
) -> None:
    refresh(hub)
    kept = status(hub, "all_orders")
    assert kept.refreshed is not None
    run(hub, "CREATE MATERIALIZED VIEW local AS SELECT 1 AS one")
    remote_cluster.kill()
    try:
        with pytest.raises(RemoteRefreshError) as caught:
            refresh(hub)
    finally:
        remote_cluster.start()
    message = str(caught.value)
    assert "Could not refresh the materialized view public.all_orders" in message
    assert "foreign servers de, nl" in message
    assert f"Its data of {kept.refreshed:%Y-%m-%d %H:%M:%S}" in message
    assert "Not tried: public.a_total, public.a_best" in message
    assert remote_cluster.password
    assert remote_cluster.password not in message
    assert isinstance(caught.value, RemoteError)
    assert caught.value.sqlstate is not None
    assert caught.value.sqlstate.startswith("08")
    assert rows(hub, "SELECT count(*) FROM all_orders") == [(6,)]
    found = status(hub, "all_orders")
    assert (found.outcome, found.refreshed) == ("failed", kept.refreshed)
    assert found.failed is not None
    assert found.failed > kept.refreshed
    assert found.sqlstate == caught.value.sqlstate
    assert found.error is not None
    assert remote_cluster.password not in found.error
    refresh(hub)  # the remote is back
    assert status(hub, "all_orders").outcome == "refreshed"


def test_what_does_not_read_the_failed_view_is_refreshed_all_the_same(
    hub: Connection, countries: dict[str, Database]
) -> None:
    run(
        hub,
        "CREATE MATERIALIZED VIEW dutch AS SELECT id FROM nl_orders",
        "CREATE MATERIALIZED VIEW z_dutch AS SELECT count(*) AS n FROM dutch",
    )
    with countries["de"].connect() as remote:
        run(remote, "DROP TABLE orders")
    with countries["nl"].connect() as remote:
        run(remote, "INSERT INTO orders VALUES (4, 4)")
    with pytest.raises(RemoteRefreshError) as caught:
        refresh(hub, keep_going=True)
    outcomes = {result.view.name: result.outcome for result in caught.value.results}
    assert outcomes == {
        "all_orders": "failed",
        "a_total": "skipped",
        "a_best": "skipped",
        "dutch": "refreshed",
        "z_dutch": "refreshed",
    }
    assert rows(hub, "SELECT n FROM z_dutch") == [(4,)]
    assert rows(hub, "SELECT count(*) FROM all_orders") == [(6,)]
    message = str(caught.value)
    assert 'relation "public.orders" does not exist' in message
    assert "remote SQL command" in message
    assert "Skipped, since they read it: public.a_total, public.a_best" in message
    skipped = next(each for each in caught.value.results if each.view.name == "a_best")
    assert "it reads public.a_total" in str(skipped)


def test_earlier_views_stay_refreshed_when_a_later_one_fails(
    hub: Connection, countries: dict[str, Database]
) -> None:
    run(
        hub,
        "CREATE MATERIALIZED VIEW wrong AS "
        "SELECT 1 / (count(*) - 6) AS n FROM all_orders WITH NO DATA",
    )
    with countries["de"].connect() as remote:
        run(remote, "UPDATE orders SET amount = 0")
    with pytest.raises(RefreshError, match="division by zero") as caught:
        refresh(hub, ["wrong", "all_orders"])
    assert not isinstance(caught.value, RemoteError)
    assert "It has no data yet" in str(caught.value)
    assert "Refreshed: public.all_orders." in str(caught.value)
    assert rows(hub, "SELECT sum(amount) FROM all_orders WHERE country = 'de'") == [(0,)]
    found = status(hub, "wrong")
    assert (found.outcome, found.sqlstate, found.populated) == ("failed", "22012", False)


def test_in_an_open_transaction_all_of_it_is_the_callers_to_commit(
    hub: Connection, database: Database
) -> None:
    refresh(hub)
    before = status(hub, "all_orders").refreshed
    with database.connect(autocommit=False) as session:
        session.execute("SELECT 1")
        assert len(refresh(session)) == 3
        session.rollback()
        assert status(hub, "all_orders").refreshed == before
        session.rollback()
    with database.connect(autocommit=False) as session:
        refresh(session, ["all_orders"])
        assert session.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert status(hub, "all_orders").refreshed != before


# Rights and records ------------------------------------------------------------------------------


def test_a_role_refreshes_what_it_may(
    hub: Connection, database: Database, new_role: NewRole, cluster: Cluster
) -> None:
    role = new_role("refresher")
    with database.connect(user=role) as session:
        assert refresh(session) == []
        with pytest.raises(PrerequisiteError) as caught:
            refresh(session, ["a_total"])
        [remedy] = caught.value.remedies
        run(hub, remedy.rstrip(";"))
        [done] = refresh(session, ["a_total"])
        assert done.outcome == "refreshed"
        assert status(session, "a_total").refreshed is not None or cluster.major >= 17
        if cluster.major < 17:
            run(hub, f"REVOKE postgres FROM {role}")


def test_a_refresh_by_a_role_with_the_right_is_seen_by_the_owner(
    hub: Connection, database: Database, new_role: NewRole, cluster: Cluster
) -> None:
    if cluster.major < 17:
        pytest.skip("MAINTAIN came with PostgreSQL 17")
    role, liar = new_role("refresher"), new_role("liar")
    run(hub, f"GRANT MAINTAIN ON a_total TO {role}")
    with database.connect(user=role) as session:
        [done] = refresh(session)
        assert status(session, "a_total").refreshed == done.started
    assert status(hub, "a_total").refreshed == done.started
    with database.connect(user=liar) as session:
        run(
            session,
            "INSERT INTO exclave.view_refresh (database, view, started) SELECT d.oid, "
            "'a_total'::regclass, now() + '1 day' FROM pg_database AS d "
            "WHERE datname = current_database()",
        )
    assert status(hub, "a_total").refreshed == done.started


def test_without_a_ledger_a_view_is_refreshed_and_nothing_is_kept(
    database: Database, new_role: NewRole
) -> None:
    role = new_role("keeper")
    with database.connect() as admin, database.connect(user=role) as session:
        run(admin, f"GRANT USAGE, CREATE ON SCHEMA public TO {role}")
        run(session, "CREATE MATERIALIZED VIEW m AS SELECT 1 AS id")
        [done] = refresh(session)
        assert done.duration is not None
        assert status(session, "m").outcome == "unknown"
        assert rows(admin, "SELECT to_regnamespace('exclave')") == [(None,)]
        assert install_ledger(admin)
        [done] = refresh(session)
        assert status(session, "m").refreshed == done.started


def test_data_that_came_with_the_creation_has_its_time_too(hub: Connection) -> None:
    found = status(hub, "all_orders")
    assert isinstance(found.refreshed, datetime)
    assert found.duration is None
    [(now,)] = rows(hub, "SELECT now()")
    assert found.refreshed < now
    renamed = xc.MaterializedView(
        "orders_of_all", ORDERS.query, indexes=ORDERS.indexes, renamed_from="all_orders"
    )
    assert make(hub, [renamed]).apply(hub)
    assert status(hub, "orders_of_all").refreshed == found.refreshed
    assert read(hub).catalog.materialized_views["public", "orders_of_all"].with_data
