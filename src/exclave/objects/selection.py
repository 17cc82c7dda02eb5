"""Which objects of a database to declare: all but what others bring along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from exclave.objects.catalog import Catalog, ForeignObject
from exclave.objects.extension import Extension
from exclave.objects.foreign_table import Column, ForeignTable
from exclave.objects.grant import Grant
from exclave.objects.materialized_view import MaterializedView, ViewColumn
from exclave.objects.names import PUBLIC
from exclave.objects.schema import Schema
from exclave.objects.secret import Hidden
from exclave.objects.server import Server
from exclave.objects.user_mapping import UserMapping
from exclave.objects.wrapper import Wrapper

_Owned = TypeVar("_Owned", Wrapper, Server, Schema, ForeignTable, MaterializedView)

_PUBLIC_SCHEMA = Schema(
    "public",
    owner="pg_database_owner",
    grants=[Grant(PUBLIC, "USAGE")],
    comment="standard public schema",
)
"""The schema that every database has from the start (PostgreSQL documentation, "Schemas")."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to declare of a database.

    Parameters
    ----------
    objects
        What can be declared, each as it is in the database.
    hidden
        User mappings with options that the role which read the database may not see.
    """

    objects: Catalog
    hidden: tuple[UserMapping, ...] = ()


def select(
    found: Catalog,
    *,
    schemas: Iterable[str] | None = None,
    owners: bool = True,
    grants: bool = True,
) -> Selection:
    """Choose what to declare of what a database holds.

    What an extension brings is left out, unless somebody has changed its privileges or options
    since. Of schemas those are chosen that hold foreign tables, and those that are named. Of
    materialized views those are chosen that read nothing but foreign tables and such views. All but
    those views are ordered by name, whatever order the database gives.

    Parameters
    ----------
    found
        What was read.
    schemas
        Declare the foreign tables and materialized views of these schemas and what they need;
        ``None`` declares all there is.
    owners, grants
        Whether to declare owners and privileges; without, a new object belongs to whom creates
        it, and an existing one stays as it is.

    Returns
    -------
    Selection
        The objects, with mappings that cannot be declared apart from them.
    """
    named = None if schemas is None else frozenset(schemas)
    tables = [
        _bare(replace(table, columns=map(_column, table.columns)), owners, grants)
        for _, table in sorted(found.foreign_tables.items())
        if table.extension is None and (named is None or table.schema in named)
    ]
    views = [
        _bare(replace(view, columns=map(_view_column, view.columns)), owners, grants)
        for view in over_foreign(found)
        if named is None or view.schema in named
    ]
    used = None if named is None else {table.server for table in tables}
    servers = [server for _, server in sorted(found.servers.items())]
    servers = [server for server in servers if used is None or server.name in used]
    places = {server.name for server in servers}
    mappings = [mapping for _, mapping in sorted(found.user_mappings.items())]
    mappings = [mapping for mapping in mappings if mapping.server in places]
    hidden = tuple(filter(_is_hidden, mappings))
    return Selection(
        Catalog(
            [
                *_extensions_and_wrappers(found, None if used is None else servers, owners, grants),
                *(
                    _bare(server, owners, grants)
                    for server in servers
                    if server.extension is None or (grants and server.grants)
                ),
                *(mapping for mapping in mappings if mapping not in hidden),
                *(
                    _bare(schema, owners, grants)
                    for _, schema in sorted(found.schemas.items())
                    if schema.name in {*(each.schema for each in (*tables, *views)), *(named or ())}
                    and schema != _PUBLIC_SCHEMA
                ),
                *tables,
                *views,
            ]
        ),
        hidden,
    )


def over_foreign(found: Catalog) -> list[MaterializedView]:
    """Give the materialized views that read nothing but foreign tables and such views.

    Each comes after those that it reads; what belongs to an extension is left out.
    """
    known = {table.qualified_name for table in found.foreign_tables.values()}
    views = [view for _, view in sorted(found.materialized_views.items())]
    waiting = [view for view in views if view.extension is None]
    chosen: list[MaterializedView] = []
    while ready := [view for view in waiting if known.issuperset(view.uses)]:
        chosen += ready
        known |= {view.qualified_name for view in ready}
        waiting = [view for view in waiting if view not in ready]
    return chosen


def _extensions_and_wrappers(
    found: Catalog, servers: list[Server] | None, owners: bool, grants: bool
) -> Iterable[ForeignObject]:
    wrappers = [wrapper for _, wrapper in sorted(found.wrappers.items())]
    brought = {each.extension for each in (*wrappers, *found.servers.values())}
    if servers is not None:
        used = {server.wrapper for server in servers}
        wrappers = [wrapper for wrapper in wrappers if wrapper.name in used]
        brought = {each.extension for each in (*wrappers, *servers)}
    for _, extension in sorted(found.extensions.items()):
        if extension.name in brought:
            yield Extension(extension.name, extension.schema)
    for wrapper in wrappers:
        if wrapper.extension is None:
            yield _bare(wrapper, owners, grants)
        elif wrapper.options or (grants and wrapper.grants):
            yield replace(
                _bare(wrapper, owners, grants), handler=None, validator=None, comment=None
            )


def _bare(value: _Owned, owners: bool, grants: bool) -> _Owned:
    if not owners:
        value = replace(value, owner=None)
    if grants:
        return value
    if isinstance(value, ForeignTable | MaterializedView):
        columns = [replace(column, grants=None) for column in value.columns]
        return replace(value, grants=None, columns=columns)
    return replace(value, grants=None)


def _column(column: Column) -> Column:
    """Leave out what can only be nothing: no default privileges are given on columns."""
    return column if column.grants or column.grants is None else replace(column, grants=None)


def _view_column(column: ViewColumn) -> ViewColumn:
    return column if column.grants else replace(column, grants=None)


def _is_hidden(mapping: UserMapping) -> bool:
    options = mapping.options
    return isinstance(options, Hidden) or any(
        isinstance(value, Hidden) for value in options.values()
    )
