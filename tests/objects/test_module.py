"""What of a database is declared, and modules of it."""

from __future__ import annotations

from types import ModuleType

from hypothesis import given, settings

import exclave as xc
from exclave.objects.module import module_of, shortened
from exclave.objects.selection import Selection, select
from exclave.objects.source import EnvironmentReferences, source_of

from ..plan import generate
from .formatter import what_ruff_says


@settings(max_examples=30)
@given(generate.catalogs())
def test_a_module_declares_what_was_written(catalog: xc.Catalog) -> None:
    chosen = select(catalog)
    text = module_of(chosen, secret=EnvironmentReferences())
    module = ModuleType("declared")
    exec(compile(text, "declared", "exec"), vars(module))
    shorter = xc.Catalog(map(shortened, chosen.objects))
    expected = source_of(shorter, secret=EnvironmentReferences())
    assert source_of(module.catalog) == expected
    assert what_ruff_says(text) == ""


BROUGHT = xc.Wrapper(
    "postgres_fdw", handler="public.h", owner="postgres", grants={}, extension="postgres_fdw"
)
EXTENSION = xc.Extension("postgres_fdw", schema="public", version="1.2")
PUBLIC_SCHEMA = xc.Schema(
    "public",
    owner="pg_database_owner",
    grants={"PUBLIC": ["USAGE"]},
    comment="standard public schema",
)
SERVERS = [
    xc.Server(name, owner="postgres", grants={"app": ["USAGE"]}) for name in ("used", "other")
]
TABLE = xc.ForeignTable(
    "t",
    [xc.Column("a", "text", grants={}), xc.Column("b", "text", grants={"app": ["SELECT"]})],
    server="used",
    schema="erp",
    owner="postgres",
    grants={},
)
HIDDEN = xc.UserMapping("used", "bob", options={"user": "bob", "password": xc.HIDDEN})
FOUND = xc.Catalog(
    [
        EXTENSION,
        xc.Extension("hstore", "public", "1.8"),
        BROUGHT,
        xc.Wrapper("own", owner="postgres", grants={}),
        *SERVERS,
        xc.UserMapping("used", "app", options={"user": "app"}),
        xc.UserMapping("other", "app"),
        HIDDEN,
        PUBLIC_SCHEMA,
        *(xc.Schema(name, owner="postgres", grants={}) for name in ("erp", "local")),
        TABLE,
        xc.ForeignTable("of_extension", [], server="used", extension="postgres_fdw"),
        xc.ForeignTable("elsewhere", [], server="other", owner="postgres", grants={}),
    ]
)


def chosen(**how: object) -> list[str]:
    """Give what is chosen, as it is called."""
    return [str(value) for value in select(FOUND, **how).objects]  # type: ignore[arg-type]


def test_what_extensions_bring_and_schemas_without_foreign_tables_are_left_out() -> None:
    assert chosen() == [
        'schema "erp"',
        'extension "postgres_fdw"',
        'foreign-data wrapper "own"',
        'foreign server "other"',
        'foreign server "used"',
        'user mapping for "app" on server "other"',
        'user mapping for "app" on server "used"',
        'foreign table "erp"."t"',
        'foreign table "public"."elsewhere"',
    ]
    assert select(FOUND).hidden == (HIDDEN,)


def test_of_some_schemas_only_what_their_tables_need_is_chosen() -> None:
    assert chosen(schemas=["erp", "local"]) == [
        'schema "erp"',
        'schema "local"',
        'extension "postgres_fdw"',
        'foreign server "used"',
        'user mapping for "app" on server "used"',
        'foreign table "erp"."t"',
    ]


def test_a_public_schema_that_was_changed_is_chosen() -> None:
    public = xc.Schema("public", owner="app", grants={})
    table = xc.ForeignTable("t", [], server="s")
    assert select(xc.Catalog([public, table])).objects.schemas == {"public": public}
    assert not select(xc.Catalog([PUBLIC_SCHEMA, table])).objects.schemas


def test_privileges_and_options_added_to_what_an_extension_brings_are_declared() -> None:
    granted = xc.Wrapper(
        "postgres_fdw",
        handler="public.h",
        owner="postgres",
        grants={"app": ["USAGE"]},
        extension="postgres_fdw",
    )
    [extension, wrapper] = select(xc.Catalog([EXTENSION, granted])).objects
    assert extension == xc.Extension("postgres_fdw", schema="public")  # of any version
    assert source_of(wrapper) == (
        'xc.Wrapper("postgres_fdw", owner="postgres", grants={"app": ["USAGE"]}, '
        'extension="postgres_fdw")'
    )
    assert len(select(xc.Catalog([EXTENSION, granted]), grants=False).objects) == 1


def test_owners_and_privileges_can_be_left_out() -> None:
    bare = select(FOUND, owners=False, grants=False).objects
    assert "owner=" not in source_of(bare)
    assert "grants=" not in source_of(bare)
    written = source_of(select(FOUND).objects.foreign_tables["erp", "t"])
    assert written.count("grants=") == 2  # nothing can be granted on a column by default


def test_what_is_not_shown_stands_in_a_comment() -> None:
    text = module_of(Selection(xc.Catalog(), (HIDDEN,)))
    assert what_ruff_says(text) == ""
    lines = text.splitlines()
    assert lines[4] == "catalog = xc.Catalog([])"
    assert all(line.startswith("# ") for line in lines[6:])
    assert '"password": xc.Secret.env("USED_BOB_PASSWORD")' in text
