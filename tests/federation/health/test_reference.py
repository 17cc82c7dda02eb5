"""Reference tables show one member's rows, which cannot be left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from exclave.errors import MembersDownError
from exclave.federation import FederatedTable, Federation

from ..conftest import Company, Group

TABLES = (
    "CREATE TABLE carriers (id int PRIMARY KEY); INSERT INTO carriers VALUES (1);"
    "CREATE TABLE flights (id int PRIMARY KEY); INSERT INTO flights VALUES (1)"
)


@contextmanager
def closed(company: Company) -> Iterator[None]:
    """Let nobody into a member's database."""
    name = company.database.name
    with company.database.cluster.connect() as server:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        server.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )
        yield
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


def test_a_reference_table_needs_the_member_whose_rows_it_shows_and_no_other(
    new_group: Callable[..., Group],
) -> None:
    group = new_group({"ewr": TABLES, "jfk": TABLES})
    hub = group.hub
    federation = Federation(
        "world", [FederatedTable("carriers", reference=True, stale=True), "flights"]
    )
    for company in group.companies.values():
        hub.add_member(federation, company.member)
    hub.apply(federation)
    carriers = "SELECT count(*) FROM world.carriers"
    both = "SELECT count(*) FROM world.flights AS f JOIN world.carriers AS c ON c.id = f.id"
    with closed(group.companies["jfk"]):
        result = hub.query(carriers, down="skip")
        assert result.rows == ((1,),)
        assert result.completeness.members == ("ewr",)
        assert hub.query(both, down="skip").rows == ((1,),)
    hub.watch.forget("world")
    hub.refresh(federation)
    with closed(group.companies["ewr"]):
        for statement in (carriers, both):
            with pytest.raises(MembersDownError, match=r"carriers of federation .* without rows"):
                hub.query(statement, down="skip")
        assert hub.query(carriers, down="stale").rows == ((1,),)
        hub.suspend(federation, "ewr")
        assert hub.query(carriers, down="skip").completeness.members == ("jfk",)
        assert hub.query(both, down="skip").rows == ((1,),)
        hub.resume(federation, "ewr")
    hub.close()
