"""Declarations written in SQLAlchemy's way: the module declares what was written."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

import exclave as xc
from exclave.cluster import Database
from exclave.objects.data_type import canonical_type
from exclave.objects.python_format import formatted
from exclave.objects.selection import Selection, select
from exclave.objects.source import EnvironmentReferences, SecretPlace
from exclave.sqlalchemy import NamedType, foreign_objects
from exclave.sqlalchemy.expression import type_and_collation
from exclave.sqlalchemy.naming import Naming
from exclave.sqlalchemy.source import module_of
from exclave.sqlalchemy.type_source import type_node

from ..objects.formatter import what_ruff_says
from ..plan import generate


def loaded(text: str) -> ModuleType:
    """Run a module's text."""
    module = ModuleType("declared")
    exec(compile(text, "declared", "exec"), vars(module))
    return module


def as_sqlalchemy_reads_it(catalog: xc.Catalog) -> xc.Catalog:
    """Name what stands behind the references, and collations as SQLAlchemy does."""
    references = EnvironmentReferences()

    def read(value: Any) -> Any:
        if isinstance(value, xc.ForeignTable):
            return replace(value, columns=map(column_read, value.columns))
        if isinstance(value, xc.UserMapping) and isinstance(value.options, xc.Options):
            secrets = {
                name: references(held, SecretPlace(value, name))
                for name, held in value.options.items()
                if isinstance(held, xc.Secret)
            }
            return replace(value, options=value.options.with_values(secrets))
        return value

    return xc.Catalog(map(read, catalog))


def column_read(column: xc.Column) -> xc.Column:
    """Leave the schema of a collation to the search path."""
    if column.collation is None or column.collation.schema != "pg_catalog":
        return column
    return replace(column, collation=xc.QualifiedName(column.collation.name))


@settings(max_examples=50)
@given(generate.catalogs(), st.booleans(), st.booleans(), st.sampled_from(generate.SCHEMAS))
def test_a_module_declares_what_was_written(
    catalog: xc.Catalog, owners: bool, grants: bool, default_schema: str
) -> None:
    chosen = select(catalog, owners=owners, grants=grants)
    text = module_of(chosen, secret=EnvironmentReferences(), default_schema="public")
    assert foreign_objects(loaded(text).metadata) == as_sqlalchemy_reads_it(chosen.objects)
    assert what_ruff_says(text) == ""
    elsewhere = module_of(chosen, secret=EnvironmentReferences(), default_schema=default_schema)
    assert f"schema={default_schema!r}".replace("'", '"') not in elsewhere


TABLE = xc.ForeignTable(
    "Orders",
    [
        xc.Column("id", "bigint", not_null=True, options={"column_name": "ID"}),
        xc.Column("made", "timestamptz", default="now()", comment="when"),
        xc.Column("tags", "text[]", default="'{}'::text[]"),
        xc.Column("mood", "erp.mood"),
        xc.Column("remote", "integer", generated="NULL::integer"),
        xc.Column("twice", "integer", generated=xc.Generated("(id * 2)", stored=False)),
        xc.Column("number", "integer", identity="ALWAYS", grants={"app": ["SELECT"]}),
        xc.Column("place", "text", collation=xc.QualifiedName("de", "erp")),
        xc.Column("time", "text", default="' :x'::text"),
    ],
    server="accounts",
    schema="erp",
    options={"schema_name": "remote", "table_name": "ORDERS", "fetch_size": "100"},
    checks=[xc.Check("positive", "(id > 0)"), xc.Check("own", "true", no_inherit=True)],
    owner="shop",
    grants={"app": ["SELECT"]},
    comment="All of them",
)

WRITTEN = '''\
"""Foreign objects of a PostgreSQL database, as exclave found them."""

import exclave as xc
import sqlalchemy as sa
from exclave.sqlalchemy import ForeignTable, NamedType, register_foreign
from sqlalchemy.dialects import postgresql

metadata = sa.MetaData()

register_foreign(metadata, xc.Server("accounts"))

orders = ForeignTable(
    "Orders",
    metadata,
    sa.Column("id", sa.BigInteger(), nullable=False),
    sa.Column("made", sa.DateTime(timezone=True), server_default=sa.text("now()"), comment="when"),
    sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]")),
    sa.Column("mood", NamedType("erp.mood")),
    sa.Column("remote", sa.Integer(), server_default=sa.FetchedValue()),
    sa.Column("twice", sa.Integer(), sa.Computed("(id * 2)", persisted=False)),
    sa.Column("number", sa.Integer(), sa.Identity(always=True)),
    sa.Column("place", NamedType("text", collation=xc.QualifiedName("de", "erp"))),
    sa.Column("time", sa.Text(), server_default=sa.text("' \\\\:x'\\\\:\\\\:text")),
    sa.CheckConstraint("true", name="own", info={"no_inherit": True}),
    sa.CheckConstraint("(id > 0)", name="positive"),
    server="accounts",
    remote_schema="remote",
    remote_table="ORDERS",
    options={"fetch_size": "100"},
    column_options={"id": {"column_name": "ID"}},
    column_grants={"number": {"app": ["SELECT"]}},
    owner="shop",
    grants={"app": ["SELECT"]},
    schema="erp",
    comment="All of them",
)
'''


def test_a_module_reads_as_if_written_by_hand() -> None:
    chosen = Selection(xc.Catalog([xc.Server("accounts"), TABLE]))
    assert module_of(chosen) == WRITTEN
    assert foreign_objects(loaded(WRITTEN).metadata) == chosen.objects


def test_tables_have_names_of_their_own_and_come_after_their_parents() -> None:
    columns = [xc.Column("id", "integer")]
    tables = [
        xc.ForeignTable("sa", columns, server="s", schema="a", inherits=["public.sa"]),
        xc.ForeignTable("sa", columns, server="s"),
        xc.ForeignTable("class", columns, server="s"),
        xc.ForeignTable("2 parts", columns, server="s"),
        xc.ForeignTable("ü", columns, server="s"),
    ]
    module = loaded(module_of(Selection(xc.Catalog(tables))))
    found = {name: table.key for name, table in vars(module).items() if hasattr(table, "key")}
    assert found == {
        "public_sa": "sa",
        "a_sa": "a.sa",
        "class_": "class",
        "table_2_parts": "2 parts",
        "table": "ü",
    }
    order = [table.key for table in module.metadata.sorted_tables]
    assert order.index("sa") < order.index("a.sa")


def test_a_metadata_without_anything_is_a_module_too() -> None:
    assert what_ruff_says(module_of(Selection(xc.Catalog()))) == ""


def test_what_is_not_shown_stands_in_a_comment() -> None:
    hidden = (
        xc.UserMapping("accounts", "app", options=xc.HIDDEN),
        xc.UserMapping("accounts", "PUBLIC", options={"password": xc.HIDDEN}),
    )
    text = module_of(Selection(xc.Catalog([xc.Server("accounts")]), hidden))
    assert '\n# xc.UserMapping("accounts", "app", options=xc.HIDDEN)\n' in text
    assert 'options={"password": xc.Secret.env("ACCOUNTS_PUBLIC_PASSWORD")}' in text
    assert not foreign_objects(loaded(text).metadata).user_mappings
    assert what_ruff_says(text) == ""


def spellings(database: Database) -> list[str]:
    """Give all types of a database as columns may have them, with and without modifiers."""
    modified = ["bit(3)", "bit varying(3)", "character(3)", "character varying(3)", "numeric(3,-2)"]
    modified += [f"{name}(3)" for name in ("numeric", "time", "timestamp", "timetz", "timestamptz")]
    modified += ["interval(3)", "interval year to month", "interval day to second(0)"]
    with database.connect() as connection:
        found = connection.execute(
            "SELECT format_type(oid, -1) FROM pg_type WHERE typtype <> 'p' AND typelem = 0"
        ).fetchall()
    names = [*(name for (name,) in found), *modified]
    return sorted({canonical_type(name + suffix) for name in names for suffix in ("", "[]")})


def test_every_type_of_a_database_is_written_as_that_type(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE TYPE \"M o:o%d\" AS ENUM ('a'); CREATE DOMAIN d AS text")
    found = spellings(database)
    assert len(found) > 150
    by_class: dict[str, list[str]] = {}
    for spelling in found:
        type_ = typed(spelling, None)
        written, collation = type_and_collation(type_, Naming(), "column")
        assert (canonical_type(written), collation) == (spelling, None)
        by_class.setdefault(type(type_).__name__, []).append(spelling)
    assert '"M o:o%d"' in by_class["NamedType"]
    assert not {"integer", "text", "numeric(3,0)", "interval(3)"} & {*by_class["NamedType"]}


@pytest.mark.parametrize("schema", [None, "pg_catalog", 'S "1'])
@pytest.mark.parametrize("spelling", ["text", "character varying(3)", "text[]", "name", "erp.dom"])
def test_a_collation_is_written_with_its_type(spelling: str, schema: str | None) -> None:
    for name in ("C", "lower", 'de"_%'):
        type_ = typed(spelling, xc.QualifiedName(name, schema))
        written, collation = type_and_collation(type_, Naming(), "column")
        assert canonical_type(written) == spelling
        assert collation is not None
        assert collation.name == name
        assert collation.schema in (schema, None)
        assert (collation.schema is None) <= (schema in (None, "pg_catalog"))


def typed(spelling: str, collation: xc.QualifiedName | None) -> sa.types.TypeEngine[Any]:
    """Give the type that is written for a spelling."""
    names = {"sa": sa, "postgresql": sa.dialects.postgresql, "NamedType": NamedType, "xc": xc}
    return eval(formatted(type_node(spelling, collation)), names)
