"""IMPORT FOREIGN SCHEMA: tables as SQLAlchemy, or the ADBC driver, finds them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.exc import SAWarning

from exclave.fdw import (
    Doc,
    ImportContext,
    ImportedColumn,
    ImportedTable,
    ImportRequest,
    Options,
    WrapperError,
)
from exclave.wrappers.database.failures import told
from exclave.wrappers.database.session import connect
from exclave.wrappers.database.through_adbc import AdbcConnection
from exclave.wrappers.database.through_sqlalchemy import SqlalchemyConnection
from exclave.wrappers.database.types import local_type

_THE_ONLY_SCHEMA = {"sqlite": "main"}
"""Databases in which a table needs no schema, and what they call it."""


class ImportOptions(Options):
    """What is imported."""

    views: Annotated[bool, Doc("Whether views become foreign tables too.")] = True
    not_null: Annotated[bool, Doc("Whether NOT NULL is taken over.")] = True


def import_schema(request: ImportRequest, context: ImportContext) -> Iterable[ImportedTable]:
    """Read the tables of a schema.

    Raises
    ------
    WrapperError
        If there is no such schema.
    """
    connection = connect(context.server.options, context.mapping, context.wrapper, 0)
    try:
        if isinstance(connection, SqlalchemyConnection):
            return list(_inspected(request, connection))
        assert isinstance(connection, AdbcConnection)
        return list(_objects(request, connection))
    finally:
        connection.close()


def _inspected(request: ImportRequest, connection: SqlalchemyConnection) -> Iterator[ImportedTable]:
    options: Any = request.options
    schema = _schema(request, connection.backend)
    with told(), warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of types that it does not know
        inspector = connection.inspected
        if schema is not None and schema not in inspector.get_schema_names():
            raise _no_schema(request)
        names = inspector.get_table_names(schema)
        if options.views:
            names = [*names, *inspector.get_view_names(schema)]
        for name in names:
            if not request.wants(name):
                continue
            key = inspector.get_pk_constraint(name, schema)["constrained_columns"]
            columns = [
                _column(
                    request,
                    each["name"],
                    _type_name(each["type"], connection),
                    connection.backend,
                    not_null=not each["nullable"],
                    key=each["name"] in key,
                )
                for each in inspector.get_columns(name, schema)
            ]
            yield _table(name, schema, columns)


def _objects(request: ImportRequest, connection: AdbcConnection) -> Iterator[ImportedTable]:
    options: Any = request.options
    schema = _schema(request, connection.backend)
    found = False
    with told():
        catalogs = connection.driver_connection.adbc_get_objects(
            depth="all", db_schema_filter=schema
        )
        for catalog in catalogs.read_all().to_pylist():
            if catalog["catalog_name"] in ("system", "temp"):
                continue
            for each in catalog["catalog_db_schemas"] or ():
                found = True
                for table in each["db_schema_tables"] or ():
                    kind = table["table_type"].lower()
                    if request.wants(table["table_name"]) and (options.views or "view" not in kind):
                        yield _object(request, table, schema, connection)
    if not found:
        raise _no_schema(request)


def _object(
    request: ImportRequest, table: Any, schema: str | None, connection: AdbcConnection
) -> ImportedTable:
    keys = [
        each["constraint_column_names"]
        for each in table["table_constraints"] or ()
        if each["constraint_type"] == "PRIMARY KEY"
    ]
    columns = [
        _column(
            request,
            each["column_name"],
            each["xdbc_type_name"] or "",
            connection.backend,
            not_null=each["xdbc_is_nullable"] == "NO" or each["xdbc_nullable"] == 0,
            key=any(each["column_name"] in key for key in keys),
        )
        for each in table["table_columns"] or ()
    ]
    return _table(table["table_name"], schema, columns)


def _schema(request: ImportRequest, backend: str) -> str | None:
    only = _THE_ONLY_SCHEMA.get(backend)
    if only is None:
        return request.remote_schema
    if request.remote_schema != only:
        raise _no_schema(request)
    return None


def _no_schema(request: ImportRequest) -> WrapperError:
    return WrapperError(
        f'the other database has no schema "{request.remote_schema}"',
        sqlstate="HV00Q",
        hint="It is main in SQLite and DuckDB, and the name of the database in MariaDB.",
    )


def _type_name(kind: Any, connection: SqlalchemyConnection) -> str:
    if isinstance(kind, sa.types.NullType):
        return ""
    return kind.compile(connection.dialect)


def _table(name: str, schema: str | None, columns: list[ImportedColumn]) -> ImportedTable:
    options = (
        {"table_name": name} if schema is None else {"schema_name": schema, "table_name": name}
    )
    return ImportedTable(name, columns, options)


def _column(
    request: ImportRequest, name: str, remote: str, backend: str, *, not_null: bool, key: bool
) -> ImportedColumn:
    local = local_type(remote, backend)
    chosen: Any = request.options
    options: dict[str, object] = {"column_name": name}
    if key:
        options["key"] = "true"
    if not local.alike:
        options["pushdown"] = "false"
    return ImportedColumn(name, local.name, not_null and chosen.not_null, options)
