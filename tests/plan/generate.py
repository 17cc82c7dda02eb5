"""Catalogs with hostile names and values, for the laws that every plan must keep.

Expressions are written as PostgreSQL prints them, owners and grants are always declared, so that
what is read back must be equal to what was declared, as whole values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from exclave import (
    Catalog,
    Check,
    Column,
    ForeignTable,
    Generated,
    Index,
    IndexKey,
    MaterializedView,
    Partition,
    QualifiedName,
    Secret,
    Server,
    UserMapping,
    ViewColumn,
    Wrapper,
)
from exclave.objects.grant import Grant
from exclave.objects.names import PUBLIC
from exclave.objects.quoting import quote_identifier
from exclave.objects.registry import open_mapping_options

SUPERUSER = "postgres"
ROLES = ("xc_app", 'xc "own%er', "xc:a'pp\\$1", "é" * 31, "xc new\nline 🐘")
"""Roles that exist on the cluster."""

SCHEMAS = ("xc_plain", 'S 1"%s', "select")
"""Schemas that exist in the database."""

MOOD = f'{quote_identifier(SCHEMAS[1])}."mo od"'
"""An enum that exists in the database."""

LOCAL_PARENT = QualifiedName("pa rent%", SCHEMAS[0])
"""A local table of the columns id and note."""

PARTITIONED = QualifiedName("part's", SCHEMAS[0])
"""A local table partitioned by list of its column k."""

SETUP = [
    "CREATE EXTENSION postgres_fdw",
    *(f"CREATE SCHEMA {quote_identifier(schema)}" for schema in SCHEMAS),
    f"CREATE TYPE {MOOD} AS ENUM ('a', 'b''%')",
    f"CREATE TABLE {LOCAL_PARENT} (id integer, note text)",
    f"CREATE TABLE {PARTITIONED} (k text, v integer) PARTITION BY LIST (k)",
]

_HOSTILE = (
    "plain",
    'quo"te',
    "apo'strophe",
    "back\\slash",
    "per%cent %s %(x)s %%",
    "colon:name ::x",
    "dollar$1 $$ $exclave$",
    "new\nline\ttab",
    "emoji 🐘",
    "Select",
    "ü" * 31 + "x",
    " lead and trail ",
    "a=b;--/*",
)

_characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


_LATER_KEYWORDS = re.compile("json.*|merge_action|system_user")
"""Keywords since PostgreSQL 16: 15 prints them without quotes, as whole values do not compare."""


def _is_name(text: str) -> bool:
    return 0 < len(text.encode()) <= 63 and not _LATER_KEYWORDS.fullmatch(text)


def _is_plain(option: str, value: str) -> bool:
    """Tell whether an option is not taken for a secret, which only those of mappings shall be."""
    return not isinstance(Wrapper("any", options={option: value}).options[option], Secret)


names = st.sampled_from(_HOSTILE) | st.text(_characters, min_size=1, max_size=20).filter(_is_name)
values = st.sampled_from(("", *_HOSTILE, "x" * 300)) | st.text(_characters, max_size=30).filter(
    lambda value: _is_plain("plain", value)
)
comments = st.none() | values
roles = st.sampled_from(ROLES)


def _grants(*privileges: str) -> st.SearchStrategy[frozenset[Grant]]:
    to_role = st.builds(Grant, roles, st.sampled_from(privileges), st.booleans())
    to_public = st.builds(Grant, st.just(PUBLIC), st.sampled_from(privileges))
    return st.lists(
        to_role | to_public, max_size=3, unique_by=lambda grant: (grant.role, grant.privilege)
    ).map(frozenset)


def _less_owner(grants: frozenset[Grant], owner: str) -> frozenset[Grant]:
    return frozenset(grant for grant in grants if grant.role != owner)


# The empty option name is refused by PostgreSQL, and so is "=".
_option_names = names.filter(lambda name: "=" not in name and _is_plain(name, ""))
_options = st.dictionaries(_option_names, values, max_size=3)

_WRAPPER_NAMES = ("xc wrap", "xc%w'r\"ap")


@st.composite
def wrappers(draw: st.DrawFn, name: str) -> Wrapper:
    """A wrapper that takes any option, since it has no validator."""
    handler = draw(st.sampled_from([None, QualifiedName("postgres_fdw_handler", "public")]))
    return Wrapper(
        name,
        handler=handler,
        options=draw(_options),
        owner=SUPERUSER,
        grants=draw(_grants("USAGE")),
        comment=draw(comments),
    )


@st.composite
def servers(draw: st.DrawFn, name: str, wrapper: str) -> Server:
    """A server of some wrapper."""
    owner = draw(roles)
    known = st.fixed_dictionaries(
        {}, optional={"host": values, "dbname": values, "fetch_size": st.integers(1, 9)}
    )
    return Server(
        name,
        wrapper,
        options=draw(known if wrapper == "postgres_fdw" else _options),
        type=draw(st.none() | values),
        version=draw(st.none() | values),
        owner=owner,
        grants=_less_owner(draw(_grants("USAGE")), owner),
        comment=draw(comments),
    )


_secrets = values.map(Secret.literal)
# a value whose name says that it is none is not read back as a secret
_unheard_of = _option_names.filter(lambda name: name not in open_mapping_options())


@st.composite
def user_mappings(draw: st.DrawFn, server: Server, role: str) -> UserMapping:
    """A mapping with a password, on a server of any wrapper."""
    known = st.fixed_dictionaries({}, optional={"user": values, "password": _secrets | values})
    anything = st.dictionaries(_unheard_of, values | _secrets, max_size=3)
    chosen = known if server.wrapper == "postgres_fdw" else anything
    return UserMapping(server, role, options=draw(chosen))


# Types as they may be declared, each with expressions of it as PostgreSQL prints them.
_TYPES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("int4", ("0", "'-1'::integer", "(1 + 1)")),
    ("integer", ("42",)),
    ("bigint", ("'0'::bigint",)),
    ("varchar(20)", ("'it''s %'::character varying", "''::character varying")),
    ("text", ("'back\\slash :x %s'::text", "CURRENT_USER")),
    ("timestamptz", ("now()", "CURRENT_TIMESTAMP")),
    ("numeric(10, 2)", ("1.5",)),
    ("bool", ("true",)),
    ("integer[]", ("'{}'::integer[]",)),
    ("jsonb", ("'{}'::jsonb",)),
    ('"char"', ()),
    ("bit(3)", ()),
    (MOOD, (f"'b''%'::{MOOD}",)),
)
_COLLATED = ("text", "varchar(20)")


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    """A column with any of its properties."""
    spelling, expressions = draw(st.sampled_from(_TYPES))
    expression = draw(st.sampled_from(expressions)) if expressions else None
    immutable = expression is not None and expression[0] in "'0123456789(t"
    kinds = ["plain", "plain", "default"] if expression else ["plain"]
    kinds += ["generated"] if immutable else []
    kinds += ["identity"] if spelling in ("int4", "integer", "bigint") else []
    kind = draw(st.sampled_from(kinds))
    collation = None
    if spelling in _COLLATED and kind == "plain" and draw(st.booleans()):
        collation = QualifiedName("C", "pg_catalog")
    return Column(
        name,
        spelling,
        collation=collation,
        not_null=draw(st.booleans()),
        default=expression if kind == "default" else None,
        generated=Generated(expression) if kind == "generated" and expression else None,
        identity=draw(st.sampled_from(["ALWAYS", "BY DEFAULT"])) if kind == "identity" else None,
        options=draw(st.fixed_dictionaries({}, optional={"column_name": names})),
        comment=draw(comments),
        grants=draw(_grants("SELECT", "UPDATE")),
    )


@st.composite
def foreign_tables(draw: st.DrawFn, key: tuple[str, str], server: Server) -> ForeignTable:
    """A table without parents."""
    schema, name = key
    owner = draw(roles)
    column_names = draw(st.lists(names, max_size=4, unique=True))
    made = [draw(columns(each)) for each in column_names]
    made = [
        replace(column, grants=_less_owner(column.grants or frozenset(), owner)) for column in made
    ]
    known = st.fixed_dictionaries({}, optional={"schema_name": values, "table_name": values})
    return ForeignTable(
        name,
        made,
        server=server,
        schema=schema,
        options=draw(known if server.wrapper == "postgres_fdw" else _options),
        checks=draw(_checks(made)),
        owner=owner,
        grants=_less_owner(draw(_grants("SELECT", "INSERT", "TRUNCATE")), owner),
        comment=draw(comments),
    )


def _checks(made: list[Column]) -> st.SearchStrategy[list[Check]]:
    integers = [column for column in made if column.type == "integer"]
    expressions = ["true", "(CURRENT_USER <> 'x''%'::name)"]  # no two of one meaning
    expressions += [f"({quote_identifier(column.name)} > 0)" for column in integers]
    check = st.builds(Check, names, st.sampled_from(expressions), st.booleans())
    return st.lists(check, max_size=2, unique_by=lambda each: each.name)


@st.composite
def _with_parents(draw: st.DrawFn, tables: list[ForeignTable]) -> list[ForeignTable]:
    """Give some tables a local parent, a foreign one, or a place as a partition."""
    result: list[ForeignTable] = []
    partitions = draw(st.permutations(["FOR VALUES IN ('a')", "FOR VALUES IN ('b', 'c''%')"]))
    for table in tables:
        kind = draw(st.sampled_from(["none", "none", "local", "foreign", "partition"]))
        if kind == "local":
            table = _inheriting(table, LOCAL_PARENT, (Column("id", "int"), Column("note", "text")))
        elif kind == "foreign" and result and result[-1].partition_of is None:
            parent = result[-1]
            child = _inheriting(table, parent.qualified_name, parent.columns)
            table = replace(
                child,
                checks=_one_each(
                    [check for check in parent.checks if not check.no_inherit], child.checks
                ),
            )
        elif kind == "partition" and partitions:
            table = replace(
                table,
                columns=[Column("k", "text", grants=()), Column("v", "integer", grants=())],
                checks=[],
                partition_of=Partition(PARTITIONED, partitions.pop()),
            )
        result.append(table)
    return result


def _inheriting(
    table: ForeignTable, parent: QualifiedName, inherited: tuple[Column, ...]
) -> ForeignTable:
    taken = {column.name for column in inherited}
    kept = [column for column in table.columns if column.name not in taken]
    copies = [
        replace(column, options={}, comment=None, grants=(), identity=None) for column in inherited
    ]
    # a check of its own may be on a column that now has its parent's type
    checks = [
        check
        for check in table.checks
        if not any(quote_identifier(name) in check.expression for name in taken)
    ]
    return replace(table, columns=[*copies, *kept], checks=checks, inherits=[parent])


def _one_each(inherited: list[Check], own: frozenset[Check]) -> list[Check]:
    taken = {check.name for check in inherited}
    return [*inherited, *(check for check in own if check.name not in taken)]


@st.composite
def materialized_views(
    draw: st.DrawFn, key: tuple[str, str], read: ForeignTable | MaterializedView
) -> MaterializedView:
    """A view of some columns of a table or view, and of a local table.

    With two relations PostgreSQL prints columns alike in all versions.
    """
    schema, name = key
    owner = draw(roles)
    available = [column.name for column in read.columns]
    chosen = (
        draw(st.lists(st.sampled_from(available), max_size=3, unique=True)) if available else []
    )
    outputs = [f"t.{quote_identifier(column)}" for column in chosen] or ["p.id"]
    column_names = chosen or ["id"]
    nouns = [
        ViewColumn(each, comment=draw(comments), grants=_less_owner(draw(_grants("SELECT")), owner))
        for each in column_names
    ]
    lines = ",\n    ".join(outputs)
    return MaterializedView(
        name,
        f"SELECT {lines}\n   FROM {read.qualified_name} t,\n    {LOCAL_PARENT} p",  # noqa: S608
        schema=schema,
        columns=nouns,
        indexes=draw(_indexes(f"ix%{_SCHEMA_NUMBER[schema]} {name}", column_names)),
        with_data=False,
        owner=owner,
        grants=_less_owner(draw(_grants("SELECT", "INSERT", "TRUNCATE")), owner),
        comment=draw(comments),
    )


_SCHEMA_NUMBER = {schema: number for number, schema in enumerate(SCHEMAS)}


@st.composite
def _indexes(draw: st.DrawFn, name: str, column_names: list[str]) -> list[Index]:
    """Up to two indexes, whose names are no other relation's in any schema."""
    made: list[Index] = []
    for number in range(draw(st.integers(0, 2))):
        column = draw(st.sampled_from(column_names))
        key = draw(
            st.builds(
                IndexKey, st.just(column), descending=st.booleans(), nulls_first=st.booleans()
            )
            | st.just(IndexKey(expression=f"({quote_identifier(column)} IS NULL)"))
        )
        made.append(
            Index(
                f"{name} {number}",
                [key],
                unique=draw(st.booleans()),
                where=draw(st.sampled_from([None, f"({quote_identifier(column)} IS NOT NULL)"])),
                include=draw(st.sampled_from([[], [column]])),
                options=draw(st.sampled_from([{}, {"fillfactor": "70"}])),
                comment=draw(comments),
            )
        )
    return made


@st.composite
def _views_over(draw: st.DrawFn, tables: list[ForeignTable]) -> list[MaterializedView]:
    """Views over some tables, and views over those."""
    readable: list[ForeignTable | MaterializedView] = [*tables]
    views: list[MaterializedView] = []
    for key in draw(_subset(_VIEW_KEYS)) if readable else []:
        view = draw(materialized_views(key, draw(st.sampled_from(readable))))
        views.append(view)
        readable.append(view)
    return draw(st.permutations(views))


_VIEW_KEYS = tuple((schema, name) for schema in SCHEMAS[:2] for name in ("v", 'vi"ew %s', "view"))
_SERVER_NAMES = ("xc server", "xc%s'er\"ver", "xc:third")
_TABLE_KEYS = tuple(
    (schema, name) for schema in SCHEMAS[:2] for name in ("t", 'tab"le %s', "select")
)


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """A catalog of a few objects, some of which an independent draw will share by name."""
    extension = Wrapper(
        "postgres_fdw",
        handler=QualifiedName("postgres_fdw_handler", "public"),
        validator=QualifiedName("postgres_fdw_validator", "public"),
        owner=SUPERUSER,
        grants=draw(_grants("USAGE")),
        extension="postgres_fdw",
    )
    made = [draw(wrappers(name)) for name in draw(_subset(_WRAPPER_NAMES))]
    choices = [extension.name, *(wrapper.name for wrapper in made)]
    places = [
        draw(servers(name, draw(st.sampled_from(choices)))) for name in draw(_subset(_SERVER_NAMES))
    ]
    mappings = [
        draw(user_mappings(server, role))
        for server in places
        for role in draw(_subset((*ROLES[:3], PUBLIC)))
    ]
    tables = [
        draw(foreign_tables(key, draw(st.sampled_from(places))))
        for key in (draw(_subset(_TABLE_KEYS)) if places else [])
    ]
    tables = draw(_with_parents(tables))
    return Catalog(
        [
            extension,
            *made,
            *places,
            *mappings,
            *tables,
            *draw(_views_over(tables)),
        ]
    )


def _subset(of: tuple[str, ...] | tuple[tuple[str, str], ...]) -> st.SearchStrategy[list]:  # type: ignore[type-arg]
    return st.lists(st.sampled_from(of), max_size=3, unique=True)


@st.composite
def with_renames(draw: st.DrawFn, before: Catalog, after: Catalog) -> Catalog:
    """Say of some new objects that they had the name of one that goes."""
    claimed: set[object] = set()
    changed = [
        _renamed(draw, value, before, after, claimed) if isinstance(value, _Renamable) else value
        for value in after
    ]
    return Catalog(changed)


_Renamable = Server | Wrapper | ForeignTable | MaterializedView


def _renamed(
    draw: st.DrawFn,
    value: _Renamable,
    before: Catalog,
    after: Catalog,
    claimed: set[object],
) -> _Renamable:
    there, staying = _of_its_kind(value, before), _of_its_kind(value, after)
    gone = sorted(key for key in there if key not in staying and key not in claimed)
    if not gone or value.key in there or not draw(st.booleans()):
        return value
    former = draw(st.sampled_from(gone))
    claimed.add(former)
    if isinstance(value, ForeignTable | MaterializedView):
        schema, name = former
        return replace(value, renamed_from=QualifiedName(name, schema))
    return replace(value, renamed_from=former)


def _of_its_kind(value: _Renamable, catalog: Catalog) -> Mapping[Any, object]:
    """Give what a catalog holds of the kind of a value."""
    return {other.key: other for other in catalog if type(other) is type(value)}
