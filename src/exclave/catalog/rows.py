"""From one row of the catalog's queries to one object: a function for each noun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exclave.catalog.columns import ColumnReader
from exclave.catalog.grants import grants_of
from exclave.catalog.options import options_of
from exclave.objects import (
    HIDDEN,
    PUBLIC,
    Check,
    Extension,
    ForeignObject,
    ForeignTable,
    Hidden,
    Options,
    Partition,
    QualifiedName,
    Schema,
    Server,
    UserMapping,
    Wrapper,
)

Row = dict[str, Any]
"""A row of one of the files in `sql`, read from JSON."""


def extension_of(row: Row) -> Extension:
    """Give an extension from a row of `sql/extensions.sql`."""
    return Extension(row["name"], schema=row["schema"], version=row["version"])


def wrapper_of(row: Row) -> Wrapper:
    """Give a foreign-data wrapper from a row of `sql/wrappers.sql`."""
    return Wrapper(
        row["name"],
        handler=_qualified(row["handler"]),
        validator=_qualified(row["validator"]),
        options=options_of(row["options"]),
        owner=row["owner"],
        grants=grants_of(row["grants"]),
        comment=row["comment"],
        extension=row["extension"],
    )


def server_of(row: Row) -> Server:
    """Give a foreign server from a row of `sql/servers.sql`."""
    return Server(
        row["name"],
        row["wrapper"],
        options=options_of(row["options"]),
        type=row["type"],
        version=row["version"],
        owner=row["owner"],
        grants=grants_of(row["grants"]),
        comment=row["comment"],
        extension=row["extension"],
    )


def user_mapping_of(row: Row) -> UserMapping:
    """Give a user mapping from a row of `sql/user_mappings.sql`.

    What is not shown is `HIDDEN`: the values, or all options where not even names are shown.
    """
    options: Options | Hidden
    if row["shown"]:
        options = options_of(row["options"])
    elif row["names"] is not None:
        options = Options(dict.fromkeys(row["names"], HIDDEN))
    else:
        options = HIDDEN
    role = PUBLIC if row["role"] is None else row["role"]
    return UserMapping(row["server"], role, options=options)


def schema_of(row: Row) -> Schema:
    """Give a schema from a row of `sql/schemas.sql`."""
    return Schema(
        row["name"],
        owner=row["owner"],
        grants=grants_of(row["grants"]),
        comment=row["comment"],
    )


def foreign_table_of(row: Row, columns: ColumnReader) -> ForeignTable:
    """Give a foreign table from a row of `sql/foreign_tables.sql`."""
    parents = [QualifiedName(*parent) for parent in row["parents"] or ()]
    bound = row["bound"]
    return ForeignTable(
        row["name"],
        columns.read(row["columns"]),
        server=row["server"],
        schema=row["schema"],
        options=options_of(row["options"]),
        checks=[Check(*check) for check in row["checks"] or ()],
        inherits=() if bound else parents,
        partition_of=Partition(parents[0], bound) if bound else None,
        owner=row["owner"],
        grants=grants_of(row["grants"]),
        comment=row["comment"],
        extension=row["extension"],
    )


def _qualified(name_and_schema: list[str] | None) -> QualifiedName | None:
    return QualifiedName(*name_and_schema) if name_and_schema else None


def readers() -> dict[str, Callable[[Row], ForeignObject]]:
    """Give how the rows of each noun are read, for one reading."""
    columns = ColumnReader()
    return {
        "extension": extension_of,
        "wrapper": wrapper_of,
        "server": server_of,
        "user_mapping": user_mapping_of,
        "schema": schema_of,
        "foreign_table": lambda row: foreign_table_of(row, columns),
    }
