"""A hub that joins the tables of three companies, made once for each version of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg import sql

from exclave.cluster import Cluster, Database, fresh_database
from exclave.federation import FederatedTable, Federation, Hub, Member
from exclave.testing import Proxy

COMPANY = Path(__file__).with_name("company.sql")
MEMBERS = ("ewr", "jfk", "lga")
companies = Federation(
    "companies",
    ["users", FederatedTable("orders", stale=True), "tags", "order_tags"],
)


@dataclass(frozen=True)
class Made:
    """A hub's database, and the ways to its members, which can be made bad."""

    database: Database
    owner: str
    federation: Federation
    writer: str
    members: Mapping[str, Database]
    ways: Mapping[str, Proxy]


@pytest.fixture(scope="module")
def made(cluster: Cluster, remote_cluster: Cluster) -> Iterator[Made]:
    """The hub and its members, each behind a proxy."""
    with ExitStack() as stack:
        database = stack.enter_context(fresh_database(cluster, prefix="hub"))
        owner = f"owner_of_{database.name}"
        stack.callback(drop_role, database, owner)
        writer = f"writer_of_{database.name}"
        stack.callback(drop_role, database, writer)
        with database.connect() as connection:
            named = sql.Identifier(writer)
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'w'").format(named))
        joined = Federation(companies.name, companies.tables, writers=[writer])
        hub = Hub(database.dsn, owner=owner)
        stack.callback(hub.close)
        hub.install()
        members: dict[str, Database] = {}
        ways: dict[str, Proxy] = {}
        for number, slug in enumerate(MEMBERS, 1):
            there = members[slug] = stack.enter_context(fresh_database(remote_cluster, prefix=slug))
            with there.connect() as connection:
                connection.execute(COMPANY.read_text("utf-8").encode())
                connection.execute("SELECT start_ids(%s)", [number])
            proxy = Proxy("127.0.0.1", remote_cluster.port)
            ways[slug] = stack.enter_context(proxy)
            hub.add_member(joined, member_of(slug, there, proxy))
        hub.apply(joined)
        yield Made(database, owner, joined, writer, members, ways)


@pytest.fixture
def companies_hub(made: Made) -> Database:
    """The hub; what a test writes it rolls back."""
    return made.database


def member_of(slug: str, database: Database, way: Proxy) -> Member:
    """Give the member that a database on a throw-away cluster is, behind a proxy."""
    cluster = database.cluster
    return Member.postgres(
        slug,
        host=way.host,
        port=way.port,
        dbname=database.name,
        user=cluster.superuser,
        password=cluster.password,
    )


def drop_role(database: Database, role: str) -> None:
    """Drop a role and all that it owns in a database."""
    with database.connect() as connection:
        name = sql.Identifier(role)
        connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(name))
        connection.execute(sql.SQL("DROP ROLE {}").format(name))
