"""Declarations as plain data: what can be written, and what is said of mistakes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from exclave import (
    PUBLIC,
    Catalog,
    Check,
    Column,
    Extension,
    ForeignTable,
    Generated,
    Options,
    Partition,
    QualifiedName,
    Schema,
    Secret,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.errors import DeclarationError
from exclave.objects import Index, IndexKey, MaterializedView, ViewColumn
from exclave.objects.grant import Grants
from exclave.project import Place, catalog_of

from ..plan.generate import catalogs

EVERYTHING = """
[extensions.postgres_fdw]
schema = "public"
version = "1.1"

[wrappers.own]
handler = "public.my_handler"
options = { debug = true }
owner = "admin"
grants = { app = "USAGE" }

[servers.accounts]
wrapper = "postgres_fdw"
type = "t"
version = "1"
options = { host = "accounts.db", port = 5432, fetch_size = 10_000, use_remote_estimate = true }
owner = "owner"
grants = { app = ["USAGE"], "Lead" = ["USAGE WITH GRANT OPTION"] }
comment = "the accounts"
renamed_from = "accountants"

[servers.accounts.mappings.app]
options = { user = "reader", password = { env = "ACCOUNTS_PASSWORD" } }
[servers.accounts.mappings.PUBLIC]
options = { user = "all", password = { file = "secrets/all" } }

[[user_mappings]]
server = "accounts"
role = "lead"
options = { password = { command = ["pass", "show", "accounts"] } }
[[user_mappings]]
server = "elsewhere"
options = { password = { call = "app.vault:password" } }

[schemas.erp]
owner = "owner"
grants = { app = ["USAGE"] }

[foreign_tables.'erp."Orders"']
server = "accounts"
options = { schema_name = "public", table_name = "ORDERS" }
owner = "owner"
grants = { app = ["SELECT"] }
comment = "the orders"
renamed_from = "old.orders"
inherits = ["public.parent"]
checks = { positive = "id > 0", local = { expression = "true", no_inherit = true } }
[foreign_tables.'erp."Orders"'.columns]
id = { type = "bigint", not_null = true, options = { column_name = "ID" } }
name = { type = "text", collation = "C", comment = "who", grants = { app = ["UPDATE"] } }
total = "numeric(10,2)"
twice = { type = "numeric", generated = "total * 2" }
thrice = { type = "numeric", generated = { expression = "total * 3", stored = false } }
made = { type = "timestamptz", default = "now()" }
number = { type = "int", identity = "BY DEFAULT", renamed_from = "no" }

[foreign_tables.part]
server = "accounts"
partition_of = { parent = "public.whole", bound = "DEFAULT" }

[materialized_views."erp.totals"]
query = "SELECT id, sum(total) AS total FROM erp.orders GROUP BY id"
with_data = false
uses = ["erp.orders"]
owner = "owner"
grants = { app = ["SELECT"] }
comment = "sums"
renamed_from = "sums"
columns.total = { comment = "the sum", grants = { app = ["SELECT"] } }
[materialized_views."erp.totals".indexes]
totals_id = { keys = ["id"], unique = true, comment = "for refreshing" }
totals_by = { keys = [{ column = "total", descending = true }, { expression = "id + 1" }], \
where = "total > 0", include = ["id"], method = "btree", options = { fillfactor = 70 } }
"""


def read(text: str, folder: Path | None = None) -> Catalog:
    return catalog_of(tomllib.loads(text), Place("here.toml", folder=folder))


def test_all_that_can_be_declared_can_be_written() -> None:
    accounts = Server(
        "accounts",
        type="t",
        version="1",
        options={"host": "accounts.db", "port": 5432, "fetch_size": 10_000,
                 "use_remote_estimate": True},
        owner="owner",
        grants={"app": ["USAGE"], "Lead": ["USAGE WITH GRANT OPTION"]},
        comment="the accounts",
    )  # fmt: skip
    orders = ForeignTable(
        "Orders",
        [
            Column("id", "bigint", not_null=True, options={"column_name": "ID"}),
            Column("name", "text", collation="C", comment="who", grants={"app": ["UPDATE"]}),
            Column("total", "numeric(10,2)"),
            Column("twice", "numeric", generated="total * 2"),
            Column("thrice", "numeric", generated=Generated("total * 3", stored=False)),
            Column("made", "timestamptz", default="now()"),
            Column("number", "int", identity="BY DEFAULT"),
        ],
        schema="erp",
        server=accounts,
        options={"schema_name": "public", "table_name": "ORDERS"},
        checks=[Check("positive", "id > 0"), Check("local", "true", no_inherit=True)],
        inherits=["public.parent"],
        owner="owner",
        grants={"app": ["SELECT"]},
        comment="the orders",
    )
    totals = MaterializedView(
        "totals",
        "SELECT id, sum(total) AS total FROM erp.orders GROUP BY id",
        schema="erp",
        columns=[ViewColumn("total", comment="the sum", grants={"app": ["SELECT"]})],
        indexes=[
            Index("totals_id", ["id"], unique=True, comment="for refreshing"),
            Index(
                "totals_by",
                [IndexKey("total", descending=True), IndexKey(expression="id + 1")],
                where="total > 0",
                include=["id"],
                options={"fillfactor": 70},
            ),
        ],
        with_data=False,
        uses=["erp.orders"],
        owner="owner",
        grants={"app": ["SELECT"]},
        comment="sums",
        renamed_from="sums",
    )
    all_mapping = {"user": "all", "password": Secret.file("/etc/app/secrets/all")}
    from_pass = {"password": Secret.command("pass", "show", "accounts")}
    found = read(EVERYTHING, Path("/etc/app"))
    assert found == Catalog(
        [
            Extension("postgres_fdw", "public", "1.1"),
            Wrapper(
                "own",
                handler="public.my_handler",
                options={"debug": True},
                owner="admin",
                grants={"app": ["USAGE"]},
            ),
            accounts,
            UserMapping(
                accounts,
                "app",
                options={"user": "reader", "password": Secret.env("ACCOUNTS_PASSWORD")},
            ),
            UserMapping(accounts, PUBLIC, options=all_mapping),
            UserMapping(accounts, "lead", options=from_pass),
            UserMapping(
                "elsewhere", PUBLIC, options={"password": Secret.call("app.vault:password")}
            ),
            Schema("erp", owner="owner", grants={"app": ["USAGE"]}),
            orders,
            ForeignTable(
                "part", [], server=accounts, partition_of=Partition("public.whole", "DEFAULT")
            ),
            totals,
        ]
    )
    assert found.materialized_views[totals.key].columns == totals.columns
    assert found.materialized_views[totals.key].uses == totals.uses
    assert not found.materialized_views[totals.key].with_data
    there = found.foreign_tables["erp", "Orders"]
    assert [column.name for column in there.columns] == [column.name for column in orders.columns]
    assert there.renamed_from == QualifiedName("orders", "old")
    assert there.columns[-1].renamed_from == "no"
    assert found.servers["accounts"].renamed_from == "accountants"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[server.a]", "here.toml: server: no such key. Did you mean 'servers'?"),
        ("[servers.a]\nxyz = 1", "servers.a.xyz: no such key. Known are comment, grants"),
        ("[servers.a]\nwrappr = 1", "servers.a.wrappr: no such key. Did you mean 'wrapper'?"),
        ("[servers.a]\nwrapper = 1", "servers.a.wrapper: expected text, found a whole number."),
        ("[servers]\na = 'x'", "servers.a: expected a table, found text."),
        (
            "[servers.a]\noptions = { hostt = 'x' }",
            "servers.a.options.hostt: foreign server \"a\": postgres_fdw has no option 'hostt'",
        ),
        (
            "[servers.'my db']\noptions = { fetch_size = 'many' }",
            'servers."my db".options.fetch_size: foreign server "my db"',
        ),
        (
            "[servers.a]\noptions = { host = ['x'] }",
            "servers.a.options.host: expected text, a number, true, false or a reference to a "
            "secret, found a list.",
        ),
        (
            "[servers.a.mappings.app]\noptions = { password = { environment = 'X' } }",
            "servers.a.mappings.app.options.password.environment: no such key. "
            "Known are call, command, env, file.",
        ),
        (
            "[servers.a.mappings.app]\noptions = { password = { env = 'X', file = 'Y' } }",
            "password: expected exactly one of env, file, command, call.",
        ),
        (
            "[servers.a.mappings.app]\noptions = { password = {} }",
            "password: expected exactly one of env, file, command, call.",
        ),
        (
            "[servers.a.mappings.app]\noptions = { password = { env = 5 } }",
            "password.env: expected text, found a whole number.",
        ),
        (
            "[servers.a.mappings.app]\noptions = { password = { command = [] } }",
            "password.command: expected a program and its arguments, found an empty list.",
        ),
        (
            "[servers.a.mappings.app]\noptions = { host = 'x' }",
            'servers.a.mappings.app.options.host: user mapping for "app" on server "a": \'host\' '
            "is an option of a foreign server",
        ),
        ("[[user_mappings]]\nrole = 'x'", "user_mappings.1: the key 'server' is missing."),
        ("[user_mappings.a]\nrole = 'x'", "user_mappings: expected a list, found a table."),
        ("[foreign_tables.t]", "foreign_tables.t: the key 'server' is missing."),
        (
            "[foreign_tables.t]\nserver = 's'\ncolumns = { id = 5 }",
            "foreign_tables.t.columns.id: expected a table, found a whole number.",
        ),
        (
            "[foreign_tables.t]\nserver = 's'\ncolumns = { id = {} }",
            "foreign_tables.t.columns.id: the key 'type' is missing.",
        ),
        (
            "[foreign_tables.t]\nserver = 's'\ncolumns.id = { type = 'int', identity = 'NEVER' }",
            "columns.id.identity: expected 'ALWAYS' or 'BY DEFAULT', found text.",
        ),
        (
            "[foreign_tables.t]\nserver = 's'\ncolumns.id = { type = 'int', not_null = 1 }",
            "columns.id.not_null: expected true or false, found a whole number.",
        ),
        (
            "[servers.s]\n[foreign_tables.t]\nserver = 's'\noptions.table = 'x'",
            'foreign_tables.t.options.table: foreign table "public"."t": postgres_fdw has no',
        ),
        (
            "[servers.s]\n[foreign_tables.t]\nserver = 's'\n"
            "columns.id = { type = 'int', options.name = 'x' }",
            'foreign_tables.t.columns.id.options.name: column "id" of foreign table',
        ),
        ("[foreign_tables.'a.b.c']\nserver = 's'", 'foreign_tables."a.b.c": '),
        ("[materialized_views.v]", "materialized_views.v: the key 'query' is missing."),
        (
            "[materialized_views.v]\nquery = 'SELECT 1'\nindexes.i = { keys = 'id' }",
            "materialized_views.v.indexes.i.keys: expected a list, found text.",
        ),
        (
            "[materialized_views.v]\nquery = 'SELECT 1'\nindexes.i = { keys = [{}] }",
            "indexes.i.keys.1: A key of an index is a column or an expression; give one.",
        ),
        (
            "[materialized_views.v]\nquery = 'SELECT 1'\ncolumns.a.type = 'int'",
            "materialized_views.v.columns.a.type: no such key.",
        ),
        ("[servers.a.grants]\napp = ['SELECT']", "servers.a: foreign server \"a\": 'SELECT' is no"),
        ("[servers.a.grants]\napp = [5]", "servers.a.grants.app.1: expected text, found a whole"),
        (
            "[servers.a.mappings.PUBLIC]\n[[user_mappings]]\nserver='a'\noptions.user = 'x'",
            'here.toml: Two different declarations of user mapping for PUBLIC on server "a"',
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        read(text)
    assert str(caught.value).startswith("here.toml: ")
    assert message in str(caught.value)


def test_no_value_is_shown_that_could_be_a_secret() -> None:
    for text in (
        "[servers.a.mappings.app]\noptions = 'hunter2'",
        "[servers.a.mappings.app]\noptions.password = ['hunter2']",
        "[servers.a.mappings.app]\noptions.password = { env = ['hunter2'] }",
        "[servers.a.mappings]\napp = 'hunter2'",
        "[servers.a]\noptions.password = 'hunter2'",
        "[[user_mappings]]\nserver = ['hunter2']",
    ):
        with pytest.raises(DeclarationError) as caught:
            read(text)
        assert "hunter2" not in str(caught.value)


def test_a_password_written_plainly_is_held_as_a_secret() -> None:
    found = read("[servers.a.mappings.app]\noptions.password = 'hunter2'")
    assert "hunter2" not in repr(found)


# Every catalog can be written ---------------------------------------------------------------------


@given(catalogs())
def test_every_catalog_can_be_written_as_plain_data(catalog: Catalog) -> None:
    assert catalog_of(plain(catalog), Place("generated")) == catalog


def plain(catalog: Catalog) -> dict[str, Any]:
    """Write a catalog as plain data, its secrets as they are."""
    return {
        "wrappers": {
            value.name: given_of(value, "handler", "validator", "options", "owner", "comment")
            for value in catalog.wrappers.values()
        },
        "servers": {
            value.name: given_of(value, "wrapper", "options", "type", "version", "owner", "comment")
            for value in catalog.servers.values()
        },
        "user_mappings": [
            given_of(value, "server", "role", "options") for value in catalog.user_mappings.values()
        ],
        "foreign_tables": {
            str(value.qualified_name): {
                **given_of(value, "server", "options", "owner", "comment"),
                "columns": {column.name: plain_column(column) for column in value.columns},
                "checks": {
                    check.name: {"expression": check.expression, "no_inherit": check.no_inherit}
                    for check in value.checks
                },
                "inherits": [str(parent) for parent in value.inherits],
                **plain_partition(value.partition_of),
            }
            for value in catalog.foreign_tables.values()
        },
        "materialized_views": {
            str(value.qualified_name): {
                **given_of(value, "query", "with_data", "owner", "comment"),
                "columns": {column.name: given_of(column, "comment") for column in value.columns},
                "indexes": {
                    index.name: {
                        **given_of(index, "unique", "method", "where", "options", "comment"),
                        "nulls_not_distinct": index.nulls_not_distinct,
                        "include": list(index.include),
                        "keys": [plain_key(key) for key in index.keys],
                    }
                    for index in value.indexes
                },
            }
            for value in catalog.materialized_views.values()
        },
    }


def plain_column(column: Column) -> dict[str, Any]:
    written = given_of(column, "type", "not_null", "default", "identity", "options", "comment")
    if column.collation is not None:
        written["collation"] = {"name": column.collation.name, "schema": column.collation.schema}
    if column.generated is not None:
        expression, stored = column.generated.expression, column.generated.stored
        written["generated"] = {"expression": expression, "stored": stored}
    return written


def plain_key(key: IndexKey) -> dict[str, Any]:
    written = given_of(key, "column", "expression", "opclass", "descending", "nulls_first")
    if key.collation is not None:
        written["collation"] = {"name": key.collation.name, "schema": key.collation.schema}
    return written


def plain_partition(partition: Partition | None) -> dict[str, Any]:
    if partition is None:
        return {}
    return {"partition_of": {"parent": str(partition.parent), "bound": partition.bound}}


def given_of(value: object, *names: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name in names:
        match getattr(value, name):
            case None:
                pass
            case Options() as options:
                given[name] = {
                    key: each.resolve() if isinstance(each, Secret) else each
                    for key, each in options.items()
                }
            case QualifiedName() as qualified:
                given[name] = str(qualified)
            case other:
                given[name] = other
    grants: Grants | None = getattr(value, "grants", None)
    if grants is not None:
        given["grants"] = {
            role: [
                grant.privilege + " WITH GRANT OPTION" * grant.grantable
                for grant in grants
                if grant.role == role
            ]
            for role in {grant.role for grant in grants}
        }
    return given
