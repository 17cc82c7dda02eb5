"""A plan as a person and as a program reads it."""

from __future__ import annotations

import io
import json

import pytest

from exclave import Catalog, Check, Column, ForeignTable, Secret, Server, UserMapping
from exclave.plan import Plan, Policy, compare

SERVER = Server("place", options={"host": "there", "fetch_size": 100}, comment="of old")
MAPPING = UserMapping(SERVER, "app", options={"user": "me", "password": Secret.literal("s3cr3t")})
TABLE = ForeignTable(
    "orders",
    [Column("id", "int8", not_null=True), Column("note", "text", comment="what was said")],
    server=SERVER,
    schema="erp",
    checks=[Check("positive", "id > 0")],
    grants={"app": ["SELECT", "INSERT WITH GRANT OPTION"]},
)
BEFORE = Catalog([SERVER, MAPPING, TABLE])
AFTER = Catalog(
    [
        Server("place", options={"host": "elsewhere", "dbname": "x"}),
        UserMapping(SERVER, "app", options={"user": "me", "password": Secret.env("PASSWORD")}),
        ForeignTable("orders", [Column("id", "int4")], server=SERVER, schema="erp", grants={}),
    ]
)
BOTH = ("create", "alter", "drop")


def _plan(action: str) -> Plan:
    states = {"create": (Catalog(), BEFORE), "alter": (BEFORE, AFTER), "drop": (BEFORE, Catalog())}
    return compare(*states[action], Policy(unmanaged="drop"))


def test_what_is_created_is_shown_with_its_properties() -> None:
    assert (
        _plan("create").text()
        == """\
+ foreign server "place"
    wrapper: 'postgres_fdw'
    options: host 'there', fetch_size '100'
    comment: 'of old'
+ user mapping for "app" on server "place"
    options: user 'me', password ********
+ foreign table "erp"."orders"
    server: 'place'
    column id: type 'bigint', not null
    column note: type 'text', comment 'what was said'
    checks: [name 'positive', expression 'id > 0']
    grants: ['INSERT WITH GRANT OPTION TO app', 'SELECT TO app']
3 changes: 3 to create.
"""
    )


def test_what_is_altered_is_shown_property_by_property() -> None:
    assert (
        _plan("alter").text()
        == """\
~ foreign server "place"
    options.host: 'there' → 'elsewhere'
    options.fetch_size: '100' → none
    options.dbname: none → 'x'
    comment: 'of old' → none
~ user mapping for "app" on server "place"
    options.password: ******** → Secret.env('PASSWORD')
~ foreign table "erp"."orders"
    column id.type: 'bigint' → 'integer'
    column id.not_null: True → False
    column note: type 'text', comment 'what was said' → none
    checks: [name 'positive', expression 'id > 0'] → []
    grants: ['INSERT WITH GRANT OPTION TO app', 'SELECT TO app'] → []
3 changes: 3 to alter.
"""
    )


def test_a_renamed_column_is_shown_under_both_names_and_not_as_lost() -> None:
    def table(*columns: Column) -> Catalog:
        return Catalog([SERVER, ForeignTable("t", columns, server=SERVER)])

    was, new = Column("x", "int"), Column("y", "int8", renamed_from="x")
    for plan, names in (
        (compare(table(was), table(new)), ["x", "y"]),
        (compare(table(was), table(new)).reverse(), ["y", "x"]),
    ):
        types = ["integer", "bigint"] if names == ["x", "y"] else ["bigint", "integer"]
        assert plan.text().splitlines()[1:-1] == [
            f"    column {names[0]}.name: '{names[0]}' → '{names[1]}'",
            f"    column {names[1]}.type: '{types[0]}' → '{types[1]}'",
        ]
        [change] = json.loads(plan.json())["changes"]
        [before], [after] = change["before"]["columns"], change["after"]["columns"]
        assert (before["name"], after["name"], after["renamed_from"]) == (*names, names[0])
        assert "renamed_from" not in before
    [change] = json.loads(compare(table(), table(new)).json())["changes"]
    assert "renamed_from" not in change["after"]["columns"][0]


def test_a_secret_that_differs_has_a_line_though_its_value_is_not_shown() -> None:
    def catalog(value: str) -> Catalog:
        table = ForeignTable(
            "t",
            [Column("id", "int", options={"token": value})],
            server=SERVER,
            options={"url": f"https://me:{value}@there/", "table_name": "t"},
        )
        return Catalog([SERVER, UserMapping(SERVER, "app", options={"password": value}), table])

    plan = compare(catalog("s3cr3t"), catalog("0ther"))
    assert (
        plan.text()
        == """\
~ user mapping for "app" on server "place"
    options.password: ******** → ********
~ foreign table "public"."t"
    options.url: ******** → ********
    column id.options.token: ******** → ********
2 changes: 2 to alter.
"""
    )
    assert "s3cr3t" not in plan.json()
    assert "0ther" not in plan.json()


def test_what_is_dropped_is_named() -> None:
    assert (
        _plan("drop").text()
        == """\
- foreign table "erp"."orders"
- user mapping for "app" on server "place"
- foreign server "place"
3 changes: 3 to drop.
"""
    )


def test_an_empty_plan_says_so() -> None:
    plan = compare(BEFORE, BEFORE)
    assert not plan
    assert plan.text() == "Nothing to do: the database is as declared.\n"
    assert json.loads(plan.json()) == {"changes": [], "notes": []}


@pytest.mark.parametrize("action", BOTH)
def test_rich_shows_the_same_text_in_colours(action: str) -> None:
    rich_console = pytest.importorskip("rich.console")
    plan = _plan(action)
    out = io.StringIO()
    rich_console.Console(file=out, width=200).print(plan, end="")
    assert out.getvalue() == plan.text()
    coloured = io.StringIO()
    rich_console.Console(file=coloured, width=200, force_terminal=True).print(plan, end="")
    assert "\x1b[" in coloured.getvalue()


@pytest.mark.parametrize("action", BOTH)
def test_json_tells_each_change_with_its_sql(action: str) -> None:
    plan = _plan(action)
    changes = json.loads(plan.json())["changes"]
    assert [change["action"] for change in changes] == [action] * 3
    assert {change["kind"] for change in changes} == {"Server", "UserMapping", "ForeignTable"}
    sql = [text for change in changes for text in change["sql"]]
    assert "".join(f"{text};\n" for text in sql) == plan.sql()


def test_json_shows_secrets_as_references() -> None:
    changes = json.loads(_plan("alter").json(indent=None))["changes"]
    [mapping] = [change for change in changes if change["kind"] == "UserMapping"]
    assert mapping["before"]["options"]["password"] == {"secret": "Secret.literal('********')"}
    assert mapping["after"]["options"]["password"] == {"secret": "Secret.env('PASSWORD')"}
