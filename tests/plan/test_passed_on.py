"""Privileges that were passed on, or that a new owner had, are as declared after a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from exclave.catalog import read
from exclave.objects import (
    Column,
    ForeignTable,
    MaterializedView,
    Schema,
    Server,
    ViewColumn,
    Wrapper,
)
from exclave.objects.grant import GrantsInput
from exclave.plan import make

from .refusal import Connection, run

NewRole = Callable[..., str]


def server(grants: GrantsInput) -> Server:
    return Server("s", grants=grants)


def schema(grants: GrantsInput) -> Schema:
    return Schema("erp", grants=grants)


def table(grants: GrantsInput) -> ForeignTable:
    columns = [Column("id", "int"), Column("note", "text")]
    return ForeignTable("orders", columns, server="s", schema="erp", grants=grants)


def column(grants: GrantsInput) -> ForeignTable:
    columns = [Column("id", "int", grants=grants), Column("note", "text")]
    return ForeignTable("orders", columns, server="s", schema="erp")


PLACES = {
    "server": (server, "USAGE", "USAGE ON FOREIGN SERVER s"),
    "schema": (schema, "USAGE", "USAGE ON SCHEMA erp"),
    "table": (table, "SELECT", "SELECT ON erp.orders"),
    "column": (column, "SELECT", "SELECT (id) ON erp.orders"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "after",
    ["nobody", "first", "second", "first with option", "both without option", "both"],
)
def test_what_was_passed_on_is_as_declared(
    admin: Connection, new_role: NewRole, place: str, after: str
) -> None:
    declare, privilege, what = PLACES[place]
    first, second = new_role("first"), new_role("second")
    run(
        admin,
        f"GRANT USAGE ON SCHEMA erp TO {first}" if place != "schema" else "SELECT 1",
        f"GRANT {what} TO {first} WITH GRANT OPTION",
        f"SET ROLE {first}",
        f"GRANT {what} TO {second}",
        "RESET ROLE",
    )
    option = f"{privilege} WITH GRANT OPTION"
    wanted = {
        "nobody": {},
        "first": {first: [privilege]},
        "second": {second: [privilege]},
        "first with option": {first: [option]},
        "both without option": {first: [privilege], second: [privilege]},
        "both": {first: [option], second: [privilege]},
    }[after]
    before = read(admin).catalog
    plan = make(admin, [declare(wanted)])
    assert plan.apply(admin) == (after != "both")
    assert not make(admin, [declare(wanted)])
    plan.reverse().apply(admin)
    assert read(admin).catalog == before


OWNED = {
    **PLACES,
    "wrapper": (
        lambda grants: Wrapper("postgres_fdw", grants=grants),
        "USAGE",
        "USAGE ON FOREIGN DATA WRAPPER postgres_fdw",
    ),
    "view": (
        lambda grants: MaterializedView("v", "SELECT 1 AS n", schema="erp", grants=grants),
        "SELECT",
        "SELECT ON erp.v",
    ),
    "column of a view": (
        lambda grants: MaterializedView(
            "v", "SELECT 1 AS n", columns=[ViewColumn("n", grants=grants)], schema="erp"
        ),
        "SELECT",
        "SELECT (n) ON erp.v",
    ),
}


@pytest.mark.parametrize("how", ["open", "declared"])
@pytest.mark.parametrize("place", OWNED)
def test_what_a_new_owner_was_granted_is_its_own_and_comes_back_with_the_former_one(
    admin: Connection, new_role: NewRole, place: str, how: str
) -> None:
    declare, privilege, what = OWNED[place]
    owner, other = new_role("owner", "SUPERUSER"), new_role("other")
    run(
        admin,
        "CREATE MATERIALIZED VIEW erp.v AS SELECT 1 AS n",
        f"GRANT {what} TO {owner}",
        f"GRANT {what} TO {other}",
    )
    before = read(admin).catalog
    grants = None if how == "open" else {owner: [privilege], other: [privilege]}
    desired = [replace(declare(grants), owner=owner)]
    plan = make(admin, desired)
    assert [change.statements[0].text.split()[-3:-1] for change in plan] == [["OWNER", "TO"]]
    assert all(len(change.statements) == 1 for change in plan)
    assert plan.apply(admin)
    assert not make(admin, desired)
    assert plan.reverse().apply(admin)
    assert read(admin).catalog == before
