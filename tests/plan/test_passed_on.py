"""Privileges that a role with the grant option has passed on are as declared after a plan."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from exclave.catalog import read
from exclave.objects import Column, ForeignTable, Schema, Server
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
