"""A hub that joins the tables of three companies, made once for each version of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from psycopg import sql

from exclave.cluster import Cluster, Database, fresh_database
from exclave.federation import FederatedTable, Federation, Hub, Member

COMPANY = Path(__file__).with_name("company.sql")
MEMBERS = ("ewr", "jfk", "lga")
companies = Federation(
    "companies",
    ["users", FederatedTable("orders", stale=True), "tags", "order_tags"],
)


@pytest.fixture(scope="module")
def companies_hub(cluster: Cluster, remote_cluster: Cluster) -> Iterator[Database]:
    """The hub; what a test writes it rolls back."""
    with ExitStack() as stack:
        database = stack.enter_context(fresh_database(cluster, prefix="hub"))
        owner = f"owner_of_{database.name}"
        hub = Hub(database.dsn, owner=owner)
        stack.callback(drop_role, database, owner)
        hub.install()
        for number, slug in enumerate(MEMBERS, 1):
            there = stack.enter_context(fresh_database(remote_cluster, prefix=slug))
            with there.connect() as connection:
                connection.execute(COMPANY.read_text("utf-8").encode())
                connection.execute("SELECT start_ids(%s)", [number])
            hub.add_member(companies, member_of(slug, there))
        hub.apply(companies)
        yield database


def member_of(slug: str, database: Database) -> Member:
    """Give the member that a database on a throw-away cluster is."""
    cluster = database.cluster
    return Member.postgres(
        slug,
        host="127.0.0.1",
        port=cluster.port,
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
