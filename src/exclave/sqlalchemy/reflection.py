"""What a database holds, as values and as tables that `create_all` can make again elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from exclave import catalog
from exclave.errors import CatalogError
from exclave.objects import (
    Catalog,
    Column,
    Extension,
    ForeignTable,
    Hidden,
    Schema,
)
from exclave.objects.selection import over_foreign
from exclave.sqlalchemy.connection import SqlalchemyConnection
from exclave.sqlalchemy.expression import expression_of
from exclave.sqlalchemy.foreign_table import foreign_table_args
from exclave.sqlalchemy.named_type import NamedType
from exclave.sqlalchemy.naming import Naming
from exclave.sqlalchemy.registration import Registered, register_foreign
from exclave.sqlalchemy.view_reflection import reflected_views


def inspect_foreign(connection: sa.Connection, schemas: Collection[str] | None = None) -> Catalog:
    """Read the foreign objects of a database.

    Parameters
    ----------
    connection
        Where to read; within an asynchronous program ``await connection.run_sync(…)``.
    schemas
        Read only these schemas with their foreign tables and materialized views; ``None`` reads
        all.

    Returns
    -------
    Catalog
        Wrappers, servers, user mappings, foreign tables, materialized views, extensions and
        schemas; what the role may not see is `exclave.HIDDEN`.

    Raises
    ------
    CatalogError
        When the database cannot be read.
    """
    return catalog.read(SqlalchemyConnection(connection), schemas=schemas).catalog


def reflect(
    metadata: sa.MetaData,
    connection: sa.Connection,
    *,
    schema: str | None = None,
    only: Collection[str] | Callable[[str, sa.MetaData], bool] | None = None,
) -> tuple[sa.Table, ...]:
    """Bring the foreign tables of a database into a metadata, with their servers and options.

    So it does with materialized views, which have PostgreSQL's text of their query: those that
    `only` names, and else those that read nothing but what is brought along.

    What they need is registered with the metadata as by `register_foreign`: the servers and
    those user mappings that the role may see, their wrappers, and the extensions that own the
    wrappers. So `create_all` makes all of it again in another database, owned by whom it runs
    as. Of the types that columns have it makes enumerations; domains and others must be there.

    Parameters
    ----------
    metadata
        Where to put them. A table that it holds already is left as it is.
    connection
        Where to read; within an asynchronous program ``await connection.run_sync(…)``.
    schema
        The schema to read; ``None`` is the metadata's own, or else the connection's.
    only
        Names of the tables to take, or a function that is asked with a name and the metadata,
        as in `MetaData.reflect`.

    Returns
    -------
    tuple of Table
        The tables, ordered by name.

    Raises
    ------
    CatalogError
        When the database cannot be read, or lacks a table that `only` names.
    """
    schema = schema or metadata.schema
    effective = schema or Naming.of_connection(connection).default_schema
    found = inspect_foreign(connection, [effective])
    tables = {table.name: table for table in found.foreign_tables.values()}
    views = {
        view.name: view for view in found.materialized_views.values() if view.extension is None
    }
    names = sorted([*tables, *(view.name for view in over_foreign(found))])
    if callable(only):
        names = [name for name in names if only(name, metadata)]
    elif only is not None:
        missing = sorted(set(only) - {*tables, *views})
        if missing:
            raise CatalogError(
                f"There is no foreign table or materialized view {missing[0]!r} in schema "
                f'"{effective}"; it has {", ".join(sorted([*tables, *views])) or "none"}.'
            )
        names = sorted(only)
    chosen = [tables[name] for name in names if name in tables]
    register_foreign(metadata, *_needed(found, chosen, schema))
    made = {table.name: table for table in reflected(metadata, connection, chosen, schema)}
    wanted = [views[name] for name in names if name in views]
    made |= reflected_views(metadata, connection, wanted, schema)
    return tuple(made[name] for name in names)


def reflected(
    metadata: sa.MetaData,
    connection: sa.Connection,
    tables: Iterable[ForeignTable],
    schema: str | None,
) -> tuple[sa.Table, ...]:
    """Give the `Table` of each of some foreign tables that a database holds.

    Only the columns' types are left to SQLAlchemy's own reflection; all else is as exclave read
    it, names qualified and expressions unchanged.

    Parameters
    ----------
    metadata
        Where to put them. A table that it holds already is left as it is.
    connection
        The database.
    tables
        The foreign tables as read from there, all of one schema.
    schema
        Their schema as the metadata shall name it; ``None`` leaves it to the search path.
    """
    by_name = {table.name: table for table in tables}
    held = {name: metadata.tables.get(f"{schema}.{name}" if schema else name) for name in by_name}
    missing = [name for name, table in held.items() if table is None]
    columns = (
        sa.inspect(connection).get_multi_columns(schema=schema, filter_names=missing)
        if missing
        else {}
    )
    for name in missing:
        types = {column["name"]: column["type"] for column in columns[schema, name]}
        held[name] = _table(metadata, by_name[name], schema, types)
    return tuple(table for table in held.values() if table is not None)


def _table(
    metadata: sa.MetaData,
    table: ForeignTable,
    schema: str | None,
    types: Mapping[str, TypeEngine[Any]],
) -> sa.Table:
    args = foreign_table_args(
        table.server,
        options=table.options,
        column_options={c.name: c.options for c in table.columns if c.options},
        column_grants={c.name: c.grants for c in table.columns if c.grants},
        inherits=table.inherits,
        partition_of=table.partition_of,
        grants=table.grants,
        schema=schema,
        comment=table.comment,
    )
    checks = [
        sa.CheckConstraint(
            expression_of(check.expression),
            name=check.name,
            info={"no_inherit": True} if check.no_inherit else {},
        )
        for check in table.checks
    ]
    columns = [_column(column, types[column.name]) for column in table.columns]
    return sa.Table(table.name, metadata, *columns, *checks, **args)


def _column(column: Column, type_: TypeEngine[Any]) -> sa.Column[Any]:
    unknown = isinstance(type_, sa.types.NullType)
    generators: list[sa.Computed | sa.Identity] = []
    if column.generated is not None:
        expression = expression_of(column.generated.expression)
        generators.append(sa.Computed(expression, persisted=column.generated.stored))
    if column.identity is not None:
        generators.append(sa.Identity(always=column.identity == "ALWAYS"))
    return sa.Column(
        column.name,
        NamedType(column.type) if unknown else type_,
        *generators,
        nullable=not column.not_null,
        server_default=None if column.default is None else expression_of(column.default),
        comment=column.comment,
    )


def _needed(found: Catalog, tables: list[ForeignTable], schema: str | None) -> list[Registered]:
    servers = {table.server: found.servers[table.server] for table in tables}
    wrappers = {
        server.wrapper: found.wrappers[server.wrapper]
        for server in servers.values()
        if server.wrapper in found.wrappers
    }
    extensions = {wrapper.extension for wrapper in wrappers.values()}
    needed: list[Registered] = [
        Extension(name) for name in sorted(name for name in extensions if name is not None)
    ]
    needed += [
        replace(wrapper, owner=None) for wrapper in wrappers.values() if wrapper.extension is None
    ]
    needed += [replace(server, owner=None) for server in servers.values()]
    needed += [
        mapping
        for mapping in found.user_mappings.values()
        if mapping.server in servers and not _is_hidden(mapping.options)
    ]
    if schema is not None and schema in found.schemas:
        needed.append(Schema(schema))
    return needed


def _is_hidden(options: Any) -> bool:
    return isinstance(options, Hidden) or any(isinstance(v, Hidden) for v in options.values())
