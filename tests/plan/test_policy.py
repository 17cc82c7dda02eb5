"""What a policy leaves out, and what is told while another program has the lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from exclave.cluster import Database
from exclave.errors import ApplyError, DeclarationError
from exclave.objects import Column, ForeignTable, Schema, Server
from exclave.plan import Plan, Policy, make
from exclave.plan.apply import LOCK_KEY

Connection = psycopg.Connection[Any]


@pytest.fixture
def admin(database: Database) -> Iterator[Connection]:
    """The superuser, in a database with two schemas and a foreign table in each."""
    with database.connect() as connection:
        for statement in (
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE SERVER unused FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE SCHEMA one",
            "CREATE SCHEMA two",
            "CREATE FOREIGN TABLE one.t (id int) SERVER s",
            "CREATE FOREIGN TABLE two.t (id int) SERVER s",
        ):
            connection.execute(statement.encode())
        yield connection


def shown(plan: Plan) -> list[str]:
    return [str(change) for change in plan]


def test_a_plan_for_some_schemas_leaves_the_others_alone(admin: Connection) -> None:
    declared = [
        Server("new"),
        Schema("one", comment="of one"),
        Schema("two", comment="of two"),
        ForeignTable("u", [Column("id", "integer")], server="s", schema="one"),
        ForeignTable("u", [Column("id", "integer")], server="s", schema="two"),
    ]
    policy = Policy(unmanaged="drop", schemas=frozenset({"one"}))
    plan = make(admin, declared, policy)
    assert shown(plan) == [
        'drop foreign table "one"."t"',
        'alter schema "one"',
        'create foreign server "new"',
        'create foreign table "one"."u"',
    ]
    assert plan.apply(admin)
    assert not make(admin, declared, policy)
    assert 'create foreign table "two"."u"' in shown(make(admin, declared))


def test_without_schemas_all_that_nobody_declared_is_dropped(admin: Connection) -> None:
    plan = make(admin, [Server("s")], Policy(unmanaged="drop"))
    assert shown(plan) == [
        'drop foreign table "two"."t"',
        'drop foreign table "one"."t"',
        'drop foreign server "unused"',
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"unmanaged": "keep"}, "'ignore' or 'drop'"),
        ({"existing": "ignore"}, "'alter' or 'keep'"),
        ({"hidden": "drop"}, "'keep' or 'set'"),
        ({"cascade": "no"}, "True or False"),
        ({"schemas": "one"}, "a set of the schemas' names"),
        ({"schemas": [1]}, "a set of the schemas' names"),
        ({"scope": "one"}, "exclave.plan.Scope"),
    ],
    ids=str,
)
def test_a_policy_that_says_nothing_known_is_refused_and_never_means_drop(
    given: dict[str, Any], expected: str
) -> None:
    [(name, value)] = given.items()
    with pytest.raises(DeclarationError) as caught:
        Policy(**given)
    assert f"Policy({name}={value!r})" in str(caught.value)
    assert expected in str(caught.value)


def test_the_schemas_of_a_policy_may_come_in_any_collection() -> None:
    listed: Any = ["one", "two"]
    assert Policy(schemas=listed) == Policy(schemas=frozenset({"one", "two"}))


@contextmanager
def lock_of_another(database: Database) -> Iterator[Connection]:
    with database.connect() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        yield other


def test_waiting_is_told_while_another_has_the_lock(admin: Connection, database: Database) -> None:
    told: list[str] = []
    with lock_of_another(database) as other:

        @contextmanager
        def waiting() -> Iterator[None]:
            told.append("waits")
            other.execute("SELECT pg_advisory_unlock(%s)", [LOCK_KEY])
            yield
            told.append("has it")

        assert make(admin, [Server("new")]).apply(admin, waiting=waiting())
    assert told == ["waits", "has it"]
    assert make(admin, [Server("newer")]).apply(admin, waiting=waiting())
    assert told == ["waits", "has it"]


@pytest.mark.parametrize("told", [True, False])
def test_a_lock_timeout_says_that_another_program_is_at_it(
    admin: Connection, database: Database, told: bool
) -> None:
    @contextmanager
    def waiting() -> Iterator[None]:
        yield

    plan = make(admin, [Server("new")])
    admin.execute("SET lock_timeout = '10ms'")
    with lock_of_another(database), pytest.raises(ApplyError, match="Another program") as caught:
        plan.apply(admin, waiting=waiting() if told else None)
    assert caught.value.sqlstate == "55P03"
    assert plan.apply(admin)
