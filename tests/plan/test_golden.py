"""Every change of every kind of object, done on a real server, read back, and kept as SQL.

``EXCLAVE_UPDATE_GOLDEN=1`` writes the golden files anew; look at what changed before you commit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from exclave import Catalog, Extension, Schema, plan
from exclave.catalog import connection_of, read
from exclave.cluster import Cluster, Database
from exclave.plan import Plan, Policy

from .cases import CASES, ONE_WAY, ROLES, SETUP, SINCE, Case, Step

EXACTLY = Policy(unmanaged="drop", cascade=True)
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def hub(cluster: Cluster, database: Database) -> Iterator[psycopg.Connection]:
    """A connection to a fresh database with what the cases stand on."""
    with cluster.connect() as connection:
        there = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role in ROLES:
            if role not in there:
                connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    with database.connect() as connection:
        for statement in SETUP:
            connection.execute(statement)  # pyright: ignore[reportArgumentType]
        yield connection


def _plan(hub: psycopg.Connection, before: Catalog, step: Step) -> Plan:
    """Plan a step exactly; extensions and schemas only go when they are told to."""
    after = Catalog(step.objects)
    gone = [
        value
        for value in before
        if isinstance(value, Extension | Schema)
        and value.key not in after.extensions
        and value.key not in after.schemas
    ]
    if gone:
        return plan.removal(hub, gone)
    policy = Policy() if after.extensions or after.schemas else EXACTLY
    return plan.make(hub, after, policy)


def _assert_holds(hub: psycopg.Connection, declared: Catalog, gone: Catalog) -> None:
    found = read(connection_of(hub)).catalog
    there = {(type(value), value.key): value for value in found}
    for value in declared:
        assert there[type(value), value.key] == value
    for value in gone:
        if all(each != value for each in declared):
            assert there.get((type(value), value.key)) != value


def _golden_text(plans: list[tuple[str, Plan]]) -> str:
    return "\n".join(f"-- {title}\n{made.sql()}" for title, made in plans)


@pytest.mark.parametrize("name", CASES)
def test_each_change_gives_what_was_declared_and_its_reverse_what_was_there(
    cluster: Cluster, hub: psycopg.Connection, name: str
) -> None:
    if cluster.major < SINCE.get(name, 0):
        pytest.skip(f"came with PostgreSQL {SINCE[name]}")
    case: Case = CASES[name]
    states, plans = [Catalog()], list[tuple[str, Plan]]()
    for step in case.steps:
        made = _plan(hub, states[-1], step)
        assert made.apply(hub) or "is none" in step.title
        _assert_holds(hub, Catalog(step.objects), states[-1])
        assert not _plan(hub, Catalog(), step)
        states.append(Catalog(step.objects))
        plans.append((step.title, made))
    for state, (title, made) in zip(reversed(states[:-1]), reversed(plans), strict=True):
        if title in ONE_WAY:
            break
        made.reverse().apply(hub)
        _assert_holds(hub, state, Catalog())
    path = GOLDEN / f"{name}.sql"
    if os.environ.get("EXCLAVE_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(_golden_text(plans), encoding="utf-8")
    assert _golden_text(plans) == path.read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_case() -> None:
    assert {path.stem for path in GOLDEN.glob("*.sql")} == set(CASES)
