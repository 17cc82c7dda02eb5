"""What a database holds, as values and as tables that `create_all` can make again elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import sqlalchemy as sa

from exclave import catalog
from exclave.errors import CatalogError
from exclave.objects import Catalog, Extension, ForeignTable, Hidden, Schema
from exclave.sqlalchemy.connection import SqlalchemyConnection
from exclave.sqlalchemy.foreign_table import foreign_table_args
from exclave.sqlalchemy.named_type import NamedType
from exclave.sqlalchemy.naming import Naming
from exclave.sqlalchemy.registration import Registered, register_foreign


def inspect_foreign(connection: sa.Connection, schemas: Collection[str] | None = None) -> Catalog:
    """Read the foreign objects of a database.

    Parameters
    ----------
    connection
        Where to read; within an asynchronous program ``await connection.run_sync(…)``.
    schemas
        Read only these schemas and their foreign tables; ``None`` reads all.

    Returns
    -------
    Catalog
        Wrappers, servers, user mappings, foreign tables, extensions and schemas; what the role
        may not see is `exclave.HIDDEN`.

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

    What they need is registered with the metadata as by `register_foreign`: the servers and
    those user mappings that the role may see, their wrappers, and the extensions that own the
    wrappers. So `create_all` makes all of it again in another database.

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
    names = sorted(tables)
    if callable(only):
        names = [name for name in names if only(name, metadata)]
    elif only is not None:
        missing = sorted(set(only) - set(tables))
        if missing:
            raise CatalogError(
                f'There is no foreign table {missing[0]!r} in schema "{effective}"; it has '
                f"{', '.join(names) or 'none'}."
            )
        names = sorted(only)
    chosen = [tables[name] for name in names]
    register_foreign(metadata, *_needed(found, chosen, schema))
    return tuple(reflected(metadata, connection, table, schema) for table in chosen)


def reflected(
    metadata: sa.MetaData, connection: sa.Connection, table: ForeignTable, schema: str | None
) -> sa.Table:
    """Give the `Table` of a foreign table that a database holds.

    Parameters
    ----------
    metadata
        Where to put it, unless it holds the table already.
    connection
        The database.
    table
        The foreign table as read from there.
    schema
        Its schema as the metadata shall name it; ``None`` leaves it to the search path.
    """
    key = table.name if schema is None else f"{schema}.{table.name}"
    if key in metadata.tables:
        return metadata.tables[key]
    args = foreign_table_args(
        table.server,
        options=table.options,
        column_options={c.name: c.options for c in table.columns if c.options},
        inherits=table.inherits,
        partition_of=table.partition_of,
        grants=table.grants,
        schema=schema,
        listeners=[("column_reflect", _named_type_of(table))],
    )
    return sa.Table(table.name, metadata, autoload_with=connection, resolve_fks=False, **args)


def _named_type_of(table: ForeignTable) -> Callable[..., None]:
    """Keep the name of a type that SQLAlchemy does not know."""
    types = {column.name: column.type for column in table.columns}

    def column_reflect(inspector: object, table: object, column_info: dict[str, Any]) -> None:
        del inspector, table
        if isinstance(column_info["type"], sa.types.NullType):
            column_info["type"] = NamedType(types[column_info["name"]])

    return column_reflect


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
    needed += [wrapper for wrapper in wrappers.values() if wrapper.extension is None]
    needed += servers.values()
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
