"""What a joined table on a hub looks like, as a source of columns."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import sqlalchemy as sa

from exclave.errors import CatalogError
from exclave.federation import FederatedTable, Federation
from exclave.federation.naming import joined_table

Bind = sa.Engine | sa.Connection


def reflected(federation: Federation, table: FederatedTable, bind: Bind) -> sa.Table:
    """Reflect a joined table, without its member column and with its key.

    Raises
    ------
    CatalogError
        When the hub has no such table, or what `bind` leads to is no hub.
    """
    name = joined_table(federation.name, table.name)
    with _connection(bind) as connection:
        inspector = sa.inspect(connection)
        if not inspector.has_table(name.name, schema=name.schema):
            raise CatalogError(
                f"The database has no {name}; Hub.apply makes it, once the federation has members."
            )
        key = table.key or _key(connection, federation, table)
        found = sa.Table(name.name, sa.MetaData(), schema=name.schema, autoload_with=connection)
    columns = [_copy(column) for column in found.columns if column.name != federation.member_column]
    return sa.Table(table.name, sa.MetaData(), *columns, sa.PrimaryKeyConstraint(*key))


def _copy(column: sa.Column[Any]) -> sa.Column[Any]:
    default = None if column.server_default is None else sa.FetchedValue()
    return sa.Column(column.name, column.type, server_default=default)


def _key(
    connection: sa.Connection, federation: Federation, table: FederatedTable
) -> tuple[str, ...]:
    """Ask the registry for the key, where the role may read it."""
    if not connection.scalar(_query("registry_is_readable")):
        return ()
    named = {"federation": federation.name, "table": table.name}
    return tuple(connection.scalar(_query("key_of_table"), named) or ())


def _query(name: str) -> sa.TextClause:
    sql = files("exclave.sqlalchemy.federation").joinpath("sql", f"{name}.sql").read_text("utf-8")
    return sa.text(sql)


@contextmanager
def _connection(bind: Bind) -> Generator[sa.Connection]:
    if isinstance(bind, sa.Connection):
        yield bind
        return
    with bind.connect() as connection:
        yield connection
