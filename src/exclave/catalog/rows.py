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
    Index,
    IndexKey,
    MaterializedView,
    Options,
    Partition,
    QualifiedName,
    Schema,
    Server,
    UserMapping,
    ViewColumn,
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


def materialized_view_of(row: Row) -> MaterializedView:
    """Give a materialized view from a row of `sql/materialized_views.sql`."""
    uses: dict[QualifiedName, frozenset[str] | None] = {}
    for name, schema, column, direct in row["uses"] or ():
        used = QualifiedName(name, schema)
        known = uses.setdefault(used, None)
        if direct:
            uses[used] = (known or frozenset()) | ({column} if column else frozenset())
    return MaterializedView(
        row["name"],
        row["query"],
        schema=row["schema"],
        columns=[
            ViewColumn(
                column["name"],
                column["type"],
                comment=column["comment"],
                grants=grants_of(column["grants"]),
            )
            for column in row["columns"] or ()
        ],
        indexes=[_index(index) for index in row["indexes"] or ()],
        with_data=row["populated"],
        owner=row["owner"],
        grants=grants_of(row["grants"]),
        comment=row["comment"],
        uses=uses,
        extension=row["extension"],
    )


def _index(row: Row) -> Index:
    return Index(
        row["name"],
        [
            IndexKey(
                key["column"],
                expression=_less_parentheses(key["expression"]),
                collation=_qualified(key["collation"]),
                opclass=_qualified(key["opclass"]),
                descending=key["descending"],
                nulls_first=key["nulls_first"],
            )
            for key in row["keys"]
        ],
        unique=row["unique"],
        method=row["method"],
        where=row["where"],
        include=row["include"] or (),
        nulls_not_distinct=row["nulls_not_distinct"],
        options=options_of(row["options"]),
        comment=row["comment"],
    )


def _less_parentheses(expression: str | None) -> str | None:
    """Take away the pair that PostgreSQL puts around all but bare function calls."""
    if expression is None or not expression.startswith("("):
        return expression
    return expression[1:-1]


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
        "materialized_view": materialized_view_of,
    }
