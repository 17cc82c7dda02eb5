"""A hub that joins the tables of three companies, made once for each version of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from exclave.cluster import Cluster, Database, fresh_database

HERE = Path(__file__).parent
MEMBERS = ("ewr", "jfk", "lga")


@pytest.fixture(scope="module")
def companies_hub(cluster: Cluster, remote_cluster: Cluster) -> Iterator[Database]:
    """The hub; what a test writes it rolls back."""
    with ExitStack() as stack:
        hub = stack.enter_context(fresh_database(cluster, prefix="hub"))
        schema = (HERE / "company.sql").read_text("utf-8")
        with hub.connect() as connection:
            connection.execute((HERE / "hub.sql").read_text("utf-8"))
        for number, slug in enumerate(MEMBERS, 1):
            member = stack.enter_context(fresh_database(remote_cluster, prefix=slug))
            with member.connect() as connection:
                connection.execute(schema)
                connection.execute(f"SELECT start_ids({number})")
            with hub.connect() as connection:
                connection.execute(
                    "SELECT add_company(%s, %s, %s, %s, %s, %s)",
                    [
                        slug,
                        remote_cluster.host,
                        remote_cluster.port,
                        member.name,
                        remote_cluster.superuser,
                        remote_cluster.password,
                    ],
                )
        with hub.connect() as connection:
            connection.execute("SELECT join_companies()")
        yield hub
