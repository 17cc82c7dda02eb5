"""The two laws of plans, over generated catalogs on a real server.

*Applying compare(a, b) gives b, and a second compare is empty. Applying and reversing gives a.*
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from psycopg import sql

from exclave import Catalog, Extension, Schema, plan
from exclave.catalog import connection_of, read
from exclave.cluster import Cluster, fresh_database
from exclave.plan import Policy

from .generate import ROLES, SETUP, catalogs, with_renames

EXACTLY = Policy(unmanaged="drop", cascade=True)


@pytest.fixture(scope="module")
def hub(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A connection to a database with the schemas, types, parents and roles that tables use."""
    with cluster.connect() as connection:
        there = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role in ROLES:
            if role not in there:
                connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    with fresh_database(cluster, prefix="laws") as database, database.connect() as connection:
        for statement in SETUP:
            connection.execute(statement)  # pyright: ignore[reportArgumentType]
        yield connection


def _become(hub: psycopg.Connection, desired: Catalog) -> plan.Plan:
    made = plan.make(hub, desired, EXACTLY)
    note(made.sql())
    made.apply(hub)
    return made


def _read(hub: psycopg.Connection) -> Catalog:
    found = read(connection_of(hub)).catalog
    return Catalog(value for value in found if not isinstance(value, Extension | Schema))


@pytest.mark.fuzz
@given(data=st.data())
@settings(max_examples=settings().max_examples if settings().max_examples > 100 else 250)
def test_a_plan_gives_what_was_declared_and_its_reverse_what_was_there(
    hub: psycopg.Connection, data: st.DataObject
) -> None:
    before = data.draw(catalogs(), label="before")
    after = data.draw(with_renames(before, data.draw(catalogs(), label="after")))
    with hub.transaction(force_rollback=True):
        _become(hub, before)
        assert _read(hub) == before
        made = _become(hub, after)
        assert _read(hub) == after
        assert not plan.make(hub, after, EXACTLY)
        made.reverse().apply(hub)
        assert _read(hub) == before
        assert not plan.make(hub, before, EXACTLY)
