"""A minimal usable foreign-data wrapper: foreign tables that show tables of the same database.

It does what the wrapper in C of the article "Minimal usable foreign data wrapper" does, in Python:
a foreign table names a table, which is read as the same user in the same transaction. Columns are
found by name, as postgres_fdw finds them, and converted if INSERT would.

``CREATE EXTENSION mufdw`` makes it.
"""

from __future__ import annotations

from typing import Annotated, Any

from exclave.fdw import (
    Cursor,
    Doc,
    ForeignDataWrapper,
    Options,
    ScanContext,
    ScanPlan,
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
