"""Foreign tables take places as partitions that others leave in the same plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from exclave import Column, ForeignTable, Partition, Server
from exclave.catalog import read
from exclave.cluster import Database
from exclave.plan import make

Connection = psycopg.Connection[Any]
SERVERS = [Server("s"), Server("other")]


@pytest.fixture
def admin(database: Database) -> Iterator[Connection]:
    """The superuser, in a database with a partitioned table."""
    with database.connect() as connection:
        connection.execute("CREATE EXTENSION postgres_fdw")
        connection.execute("CREATE TABLE p (k text) PARTITION BY LIST (k)")
        yield connection


def table(name: str, place: str | None = None, server: str = "s") -> ForeignTable:
    partition = Partition("public.p", f"FOR VALUES IN ('{place}')") if place else None
    return ForeignTable(name, [Column("k", "text")], server=server, partition_of=partition)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([table("t", "a"), table("u", "b")], [table("t", "b"), table("u", "a")]),
        ([table("t"), table("u", "a")], [table("t", "a"), table("u")]),
        ([table("t"), table("u", "a")], [table("t", "a", "other"), table("u")]),
        ([table("u", "a")], [table("t", "a"), table("u")]),
        ([table("t", "a"), table("u", "b")], [table("t", "b"), table("u", "c")]),
    ],
    ids=["exchanged", "altered", "rebuilt", "created", "in a row"],
)
def test_a_place_is_left_before_another_takes_it(
    admin: Connection, before: list[ForeignTable], after: list[ForeignTable]
) -> None:
    assert make(admin, [*SERVERS, *before]).apply(admin)
    start = read(admin).catalog
    plan = make(admin, [*SERVERS, *after])
    assert all(change.statements for change in plan)
    plan.apply(admin)
    assert not make(admin, [*SERVERS, *after])
    plan.reverse().apply(admin)
    assert read(admin).catalog == start
