"""A minimal usable foreign-data wrapper: foreign tables that show tables of the same database.

It does what the wrapper in C of the article "Minimal usable foreign data wrapper" does, in Python:
a foreign table names a table, which is read as the same user in the same transaction. Columns are
found by name, as postgres_fdw finds them, and converted if INSERT would.

``CREATE EXTENSION mufdw`` makes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from itertools import groupby
from typing import Annotated, Any

from exclave.fdw import (
    Cursor,
    Doc,
    ForeignDataWrapper,
    ImportContext,
    ImportedColumn,
    ImportedTable,
    ImportRequest,
    Options,
    ScanContext,
    ScanPlan,
    WrapperError,
    identifier,
)


class Mufdw(ForeignDataWrapper):
    """Foreign tables over tables and views of the same database."""

    class TableOptions(Options):
        table_name: Annotated[str, Doc("The table or view whose rows are shown.")]
        schema_name: Annotated[str, Doc("Its schema.")]

    def scan(self, plan: ScanPlan, context: ScanContext) -> Cursor:
        """Hand the rows of the table through, of the columns that are wanted."""
        options: Any = context.table.options
        columns = ", ".join(map(identifier, plan.columns))
        source = identifier(options.schema_name, options.table_name)
        return context.spi.cursor(f"SELECT {columns} FROM {source}")  # noqa: S608

    def import_schema(
        self, request: ImportRequest, context: ImportContext
    ) -> Iterator[ImportedTable]:
        """Give the tables and views of a schema of the same database, without foreign tables."""
        query = files("exclave.wrappers").joinpath("mufdw_columns.sql").read_text(encoding="utf-8")
        schema = request.remote_schema
        found = context.spi.execute(query, schema).rows
        if not found:
            raise WrapperError(f'there is no schema "{schema}"', sqlstate="HV00P")
        for name, rows in groupby(found, key=lambda row: row[0]):
            if name is not None:
                columns = [_column(*row[1:]) for row in rows if row[1] is not None]
                yield ImportedTable(name, columns, {"schema_name": schema, "table_name": name})


def _column(name: str, kind: str, not_null: bool, collation: str | None) -> ImportedColumn:
    return ImportedColumn(name, kind, not_null, collation=collation)
