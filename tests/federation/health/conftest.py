"""Three airports whose databases can be made to fail, and a hub that joins them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Cluster, Database, fresh_database
from exclave.federation import FederatedTable, Federation, Hub, Member
from exclave.federation.health import Policy
from exclave.testing import Proxy

_T = TypeVar("_T")

TIMEOUT = 2.0
"""Seconds until a member counts as silent."""

FLIGHTS = (
    "CREATE TABLE flights (id bigint PRIMARY KEY, carrier text);"
    "CREATE TABLE gates (id bigint PRIMARY KEY, name text)"
)


@dataclass
class Airport:
    """A member: its database, its role there, and the way to it."""

    slug: str
    database: Database
    role: str
    proxy: Proxy

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Let nobody connect, and reset the connections that there are."""
        with self.proxy.refuse():
            yield

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Accept connections and say nothing."""
        with self.proxy.silence():
            yield

    @contextmanager
    def locked_out(self) -> Iterator[None]:
        """Change the role's password."""
        self._give_password("another one")
        self.proxy.cut()
        try:
            yield
        finally:
            self._give_password(self.role)

    @contextmanager
    def dropped(self) -> Iterator[None]:
        """Drop the database; it comes back as it was."""
        cluster, name = self.database.cluster, self.database.name
        copy = f"{name}_copy"
        self.proxy.cut()
        with cluster.connect() as server:
            ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            server.execute(f"{ended} WHERE datname = %s", [name])
        cluster.clone_database(name, copy)
        cluster.drop_database(name)
        try:
            yield
        finally:
            cluster.clone_database(copy, name)
            cluster.drop_database(copy)

    def _give_password(self, password: str) -> None:
        with self.database.connect() as there:
            text = sql.SQL("ALTER ROLE {} PASSWORD {}")
            there.execute(text.format(sql.Identifier(self.role), sql.Literal(password)))


FAULTS: dict[str, Callable[[Airport], object]] = {
    "refused": Airport.refusing,
    "silent": Airport.silent,
    "password": Airport.locked_out,
    "database": Airport.dropped,
}
"""What can be wrong with a member, by the reason that a probe gives."""


@dataclass
class Airports:
    """A hub and its members."""

    hub: Hub
    database: Database
    federation: Federation
    members: dict[str, Airport]

    def when_waiting(self, slug: str, action: Callable[[], _T]) -> Future[_T]:
        """Do something when a statement waits for a lock on a member's flights."""
        done: Future[_T] = Future()

        def watch() -> None:
            text = "SELECT count(*) FROM pg_locks "
            text += "WHERE NOT granted AND relation = 'flights'::regclass"
            try:
                with self.members[slug].database.connect() as there:
                    end = time.monotonic() + 60
                    while there.execute(text).fetchone() == (0,):
                        assert time.monotonic() < end, "no statement came to wait"
                done.set_result(action())
            except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
                done.set_exception(error)

        threading.Thread(target=watch).start()
        return done

    def connect(self) -> psycopg.Connection:
        """Open a session on the hub that knows nothing of exclave, and waits 2 s at most."""
        connection = self.database.connect()
        connection.execute("SET statement_timeout = '2s'")
        return connection


@contextmanager
def made_airports(
    cluster: Cluster, remote_cluster: Cluster, slugs: list[str], rows: int = 3
) -> Iterator[Airports]:
    """Make a hub on one cluster and members on another."""
    federation = Federation(
        "world",
        [FederatedTable("flights", stale=True), "gates"],
        server_options={"connect_timeout": 2},
    )
    with ExitStack() as stack:
        database = stack.enter_context(fresh_database(cluster, prefix="hub"))
        hub = Hub(database.dsn, owner=f"owner_of_{database.name}")
        hub.policy = Policy(timeout_seconds=TIMEOUT, remember_seconds=0.0)
        hub.install()
        stack.callback(_drop_owner, database, hub.owner)
        stack.callback(hub.close)
        members: dict[str, Airport] = {}
        for slug in slugs:
            role = f"hub_at_{slug}_of_{database.name}"
            stack.callback(_drop_role, remote_cluster, role)
            there = stack.enter_context(fresh_database(remote_cluster, prefix=slug))
            proxy = stack.enter_context(Proxy("127.0.0.1", remote_cluster.port))
            airport = members[slug] = Airport(slug, there, role, proxy)
            _fill(airport, rows)
            member = Member.postgres(
                slug,
                host=proxy.host,
                port=proxy.port,
                dbname=there.name,
                user=airport.role,
                password=airport.role,
            )
            hub.add_member(federation, member)
        hub.apply(federation)
        yield Airports(hub, database, federation, members)


def _fill(airport: Airport, rows: int) -> None:
    with airport.database.connect() as there:
        there.execute(FLIGHTS.encode())
        there.execute(
            "INSERT INTO flights SELECT n, %s || n FROM generate_series(1, %s) AS n",
            [airport.slug, rows],
        )
        role = sql.Identifier(airport.role)
        text = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        there.execute(text.format(role, sql.Literal(airport.role)))
        there.execute(sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(role))


def _drop_role(cluster: Cluster, role: str) -> None:
    with cluster.connect() as server:
        server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def _drop_owner(database: Database, owner: str) -> None:
    with database.connect() as connection:
        role = sql.Identifier(owner)
        connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.fixture(scope="module")
def airports(cluster: Cluster, remote_cluster: Cluster) -> Iterator[Airports]:
    """Three airports, joined; a test leaves them as they were."""
    with made_airports(cluster, remote_cluster, ["ewr", "jfk", "lga"]) as made:
        yield made
