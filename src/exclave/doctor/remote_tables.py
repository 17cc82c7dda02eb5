"""The remote's tables that the hub's foreign tables stand for, and whether they may be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from exclave.catalog import Connection
from exclave.doctor.hub import TableKey
from exclave.doctor.query import query
from exclave.doctor.remote import Failure, RemoteColumn, RemoteTable
from exclave.objects import Column, ForeignTable
from exclave.objects.data_type import canonical_type
from exclave.objects.quoting import quote_identifier, quote_literal

_AT_ONCE = 20
"""Tables in one query, so that one timeout serves for all of them."""


def remote_key(table: ForeignTable) -> TableKey:
    """Give the schema and name of what a foreign table stands for."""
    schema = table.options.get("schema_name", table.schema)
    return str(schema), str(table.options.get("table_name", table.name))


def remote_name(column: Column) -> str:
    """Give the name that a column of a foreign table has on the remote."""
    return str(column.options.get("column_name", column.name))


def remote_tables(
    connection: Connection, tables: Sequence[ForeignTable]
) -> dict[TableKey, RemoteTable]:
    """Read what foreign tables stand for; one that is not there is left out.

    Parameters
    ----------
    connection
        A session on the hub, in which the tables of ``look.sql`` are there.
    tables
        The foreign tables of the server.
    """
    keys = {remote_key(table) for table in tables}
    names = [sorted({key[place] for key in keys}) for place in (0, 1)]
    rows = connection.fetch(query("remote_classes"), names)
    found = {
        oid: ((schema, name), kind) for oid, schema, name, kind in rows if (schema, name) in keys
    }
    columns: dict[int, list[RemoteColumn]] = {oid: [] for oid in found}
    attributes = connection.fetch(query("remote_columns"), [list(found)]) if found else []
    types = _Types(connection, (oid for *_, oid, spelled in attributes if spelled is None))
    for table, name, not_null, oid, spelled in attributes:
        type_, base = types.of(oid, spelled)
        columns[table].append(RemoteColumn(name, type_, base, not_null))
    return {
        key: RemoteTable(kind, {column.name: column for column in columns[oid]})
        for oid, (key, kind) in found.items()
    }


class _Types:
    """The remote's own types, with those that they rest on."""

    def __init__(self, connection: Connection, oids: Iterable[int]) -> None:
        self._rows: dict[int, Sequence[Any]] = {}
        asked = set(oids)
        while asked:
            rows = connection.fetch(query("remote_types"), [sorted(asked)])
            self._rows |= {row[0]: row for row in rows}
            needed = {each for row in rows for each in row[4:6] if each}
            asked = needed - self._rows.keys()

    def of(self, oid: int, spelled: str | None) -> tuple[str, str]:
        """Give the spelling of a type, and of the one under it if it is a domain."""
        own = self._own(oid, spelled)
        row = self._rows.get(oid) if spelled is None else None
        if row is None or row[3] != "d":
            return own, own
        return own, self.of(row[5], row[6])[1]

    def _own(self, oid: int, spelled: str | None) -> str:
        if spelled is not None:
            return canonical_type(spelled)
        row = self._rows.get(oid)
        if row is None:
            return f'"type {oid}"'
        _, schema, name, _, element, *_ = row
        if element:
            return self._own(element, None) + "[]"
        quoted = quote_identifier(name)
        if schema != "pg_catalog":
            quoted = f"{quote_identifier(schema)}.{quoted}"
        return canonical_type(quoted)


def refused_tables(
    connection: Connection, tables: Sequence[ForeignTable], there: Mapping[TableKey, RemoteTable]
) -> dict[TableKey, Failure]:
    """Find the foreign tables that the remote will not be queried for.

    The remote is asked to EXPLAIN a query of each, which checks all rights and reads no row.

    Parameters
    ----------
    connection
        A session on the hub, in a transaction that will be rolled back.
    tables
        The foreign tables of the server.
    there
        What they stand for, so that only columns that are there are asked for.

    Notes
    -----
    PostgreSQL documentation, "postgres_fdw", option ``use_remote_estimate``.
    """
    asked: list[tuple[TableKey, str]] = []
    for table in tables:
        remote = there.get(remote_key(table))
        if remote is not None:
            name = f"pg_temp.exclave_{len(asked)}"
            connection.execute(_copy(table, remote, name))
            asked.append((table.key, f"SELECT x::pg_catalog.text FROM {name} AS x"))  # noqa: S608
    refused: dict[TableKey, Failure] = {}
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        if _explain(connection, [sql for _, sql in some]) is not None:
            each = ((key, _explain(connection, [sql])) for key, sql in some)
            refused |= {key: failure for key, failure in each if failure is not None}
    return refused


def _copy(table: ForeignTable, remote: RemoteTable, name: str) -> str:
    """Write a temporary table for the same remote table, with those columns that are there."""
    schema, remote_table = map(quote_literal, remote_key(table))
    return (
        f"CREATE FOREIGN TABLE {name} ({', '.join(_columns(table, remote))}) "
        f"SERVER {quote_identifier(table.server)} OPTIONS (schema_name {schema}, "
        f"table_name {remote_table}, use_remote_estimate 'true')"
    )


def _columns(table: ForeignTable, remote: RemoteTable) -> Iterator[str]:
    names = dict.fromkeys(map(remote_name, table.columns))
    for number, name in enumerate(each for each in names if each in remote.columns):
        yield f"c{number} pg_catalog.text OPTIONS (column_name {quote_literal(name)})"


def _explain(connection: Connection, queries: Sequence[str]) -> Failure | None:
    try:
        with connection.transaction():
            connection.fetch("EXPLAIN " + " UNION ALL ".join(queries))
    except Exception as error:
        sqlstate = connection.sqlstate(error)
        if sqlstate is None:
            raise
        return Failure(sqlstate, connection.message(error))
    return None
