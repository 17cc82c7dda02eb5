"""A plan leaves alone what its scope leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from exclave import Column, ForeignTable, Schema, Server
from exclave.cluster import Database
from exclave.objects import ForeignObject
from exclave.plan import Plan, Policy, Scope, make

Connection = psycopg.Connection[Any]


@pytest.fixture
def admin(database: Database) -> Iterator[Connection]:
    """The superuser, in a database with two servers, a mapping and tables."""
    with database.connect() as connection:
        for statement in (
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE USER MAPPING FOR PUBLIC SERVER other",
            "CREATE FOREIGN TABLE parent (id int) SERVER s",
            "CREATE FOREIGN TABLE child () INHERITS (parent) SERVER other",
        ):
            connection.execute(statement.encode())
        yield connection


def shown(plan: Plan) -> list[str]:
    return [str(change) for change in plan]


def without(*names: str) -> Scope:
    def includes(actual: ForeignObject | None, declared: ForeignObject | None) -> bool:
        return getattr(declared or actual, "name", None) not in names

    return Scope(includes=includes)


def test_what_nobody_declared_is_dropped_but_for_what_is_out_of_scope(admin: Connection) -> None:
    assert shown(make(admin, [], Policy(unmanaged="drop", scope=without()))) == [
        'drop foreign table "public"."child"',
        'drop foreign table "public"."parent"',
        'drop user mapping for PUBLIC on server "other"',
        'drop foreign server "s"',
        'drop foreign server "other"',
    ]
    assert shown(make(admin, [], Policy(unmanaged="drop", scope=without("s")))) == [
        'drop foreign table "public"."child"',
        'drop foreign table "public"."parent"',
        'drop user mapping for PUBLIC on server "other"',
        'drop foreign server "other"',
    ]


def test_what_stays_keeps_its_server_and_its_parents(admin: Connection) -> None:
    plan = make(admin, [], Policy(unmanaged="drop", scope=without("child")))
    assert shown(plan) == ['drop user mapping for PUBLIC on server "other"']
    assert plan.apply(admin)


def test_a_declared_table_keeps_an_undeclared_server(admin: Connection) -> None:
    declared = [ForeignTable("new", [], server="s")]
    plan = make(admin, declared, Policy(unmanaged="drop", scope=without("child", "parent")))
    assert 'create foreign table "public"."new"' in shown(plan)
    assert not any("drop foreign" in line for line in shown(plan))


def test_what_is_declared_and_out_of_scope_is_neither_made_altered_nor_dropped(
    admin: Connection,
) -> None:
    declared = [
        Server("s", options={"host": "h"}),
        Server("new"),
        Server("newer"),
        Schema("new"),
        ForeignTable("moved", [], server="s", renamed_from="parent"),
    ]
    scope = without("s", "new", "moved", "child", "parent", "other")
    assert shown(make(admin, declared, Policy(scope=scope))) == ['create foreign server "newer"']
    assert shown(make(admin, declared, Policy(unmanaged="drop", scope=scope))) == [
        'drop user mapping for PUBLIC on server "other"',
        'create foreign server "newer"',
    ]


def test_only_what_the_named_roles_own_is_dropped(
    admin: Connection, new_role: Callable[..., str]
) -> None:
    role = new_role()
    admin.execute(f"GRANT USAGE ON FOREIGN SERVER other TO {role}".encode())
    for kind, name in (("SERVER", "s"), ("FOREIGN TABLE", "parent")):
        admin.execute(f"ALTER {kind} {name} OWNER TO {role}".encode())

    def drops(*owners: str) -> list[str]:
        policy = Policy(unmanaged="drop", scope=Scope(owners=frozenset(owners)))
        return shown(make(admin, [], policy))

    of_admin = [
        'drop foreign table "public"."child"',
        'drop user mapping for PUBLIC on server "other"',
        'drop foreign server "other"',
    ]
    assert drops("CURRENT_USER") == of_admin
    assert drops(role) == []  # the child of another needs them
    assert len(drops(role, "CURRENT_USER")) == 5
    assert drops() == []


def test_a_scope_decides_what_columns_are_to_be(admin: Connection) -> None:
    seen: list[tuple[str, str | None, str | None]] = []

    def column(
        table: ForeignTable, actual: Column | None, declared: Column | None
    ) -> Column | None:
        names = (each.name if each else None for each in (actual, declared))
        seen.append((table.name, *names))  # type: ignore[arg-type]
        if actual is None or declared is None:
            return actual
        return replace(declared, type=actual.type)

    declared = [
        Server("s"),
        ForeignTable(
            "parent",
            [Column("id", "bigint", comment="c"), Column("more", "text")],
            server="s",
        ),
        ForeignTable("new", [Column("a", "text")], server="s"),
    ]
    admin.execute("DROP FOREIGN TABLE child")
    plan = make(admin, declared, Policy(scope=Scope(column=column)))
    assert seen == [("parent", "id", "id"), ("parent", None, "more"), ("new", None, "a")]
    altered = next(change for change in plan if change.action == "alter")
    assert [s.text for s in altered.statements] == ["COMMENT ON COLUMN public.parent.id IS 'c'"]
    assert altered.subject.key == ("public", "parent")


def test_a_column_that_a_scope_keeps_is_not_dropped(admin: Connection) -> None:
    declared = [Server("s"), ForeignTable("parent", [], server="s")]
    admin.execute("DROP FOREIGN TABLE child")
    keep = Scope(column=lambda _, actual, declared: declared or actual)
    assert shown(make(admin, declared)) == ['alter foreign table "public"."parent"']
    assert not make(admin, declared, Policy(scope=keep))
