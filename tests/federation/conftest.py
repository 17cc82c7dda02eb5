"""A hub and members of a federation, on real servers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Cluster, Database, fresh_database
from exclave.federation import Hub, Member

_owners = itertools.count(1)


@dataclass(frozen=True)
class Company:
    """A member's database, and how the hub reaches it."""

    slug: str
    database: Database
    member: Member

    def connect(self) -> psycopg.Connection:
        """Open a session there, past the hub."""
        return self.database.connect()


@dataclass
class Group:
    """A hub, and the databases that may become its members."""

    hub: Hub
    database: Database
    companies: dict[str, Company]
    new: Callable[[str, str], Company]

    def connect(self, role: str | None = None) -> psycopg.Connection:
        """Open a session on the hub, as another role if one is named."""
        connection = self.database.connect()
        if role is not None:
            connection.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(role)))
        return connection


def member_of(slug: str, database: Database) -> Member:
    """Give the member that a database on a throw-away cluster is."""
    cluster = database.cluster
    return Member.postgres(
        slug,
        host="127.0.0.1",
        port=cluster.port,
        dbname=database.name,
        user="postgres",
        password=cluster.password,
    )


@pytest.fixture
def new_group(cluster: Cluster, remote_cluster: Cluster) -> Iterator[Callable[..., Group]]:
    """Make a hub, and a database for each of some companies, filled by SQL."""
    with groups(cluster, remote_cluster) as make:
        yield make


@pytest.fixture(scope="module")
def lasting_group(cluster: Cluster, remote_cluster: Cluster) -> Iterator[Callable[..., Group]]:
    """Make one that all tests of a module use."""
    with groups(cluster, remote_cluster) as make:
        yield make


@contextmanager
def groups(cluster: Cluster, remote_cluster: Cluster) -> Generator[Callable[..., Group]]:
    """Give what makes a hub and companies, and drop them in the end."""
    with ExitStack() as stack:

        def make(companies: dict[str, str], *, install: bool = True) -> Group:
            database = stack.enter_context(fresh_database(cluster, prefix="hub"))
            owner = f"owner_{next(_owners)}_{database.name}"
            hub = Hub(database.dsn, owner=owner)

            def new(slug: str, text: str) -> Company:
                there = stack.enter_context(fresh_database(remote_cluster, prefix="member"))
                with there.connect() as connection:
                    connection.execute(text.encode())
                return Company(slug, there, member_of(slug, there))

            made = {slug: new(slug, text) for slug, text in companies.items()}
            if install:
                hub.install()
            stack.callback(_drop_role, database, owner)
            return Group(hub, database, made, new)

        yield make


def _drop_role(database: Database, owner: str) -> None:
    with database.connect() as connection:
        name = sql.Identifier(owner)
        exists = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [owner]).fetchone()
        if exists is not None:
            connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(name))
            connection.execute(sql.SQL("DROP ROLE {}").format(name))
