"""A foreign table as SQLAlchemy's Core speaks of the table that it stands for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from exclave.fdw import Column, Table, WrapperError


def remote_name(column: Column) -> str:
    """Give a column's name in the other database."""
    options: Any = column.options
    return options.column_name or column.name


def remote_table(table: Table) -> sa.TableClause:
    """Give the table in the other database; every name is quoted, so it is taken as it is."""
    options: Any = table.options
    schema = options.schema_name
    columns: list[sa.ColumnClause[Any]] = [
        sa.column(quoted_name(remote_name(each), True)) for each in table.columns
    ]
    return sa.table(
        quoted_name(options.table_name or table.name, True),
        *columns,
        schema=None if schema is None else quoted_name(schema, True),
    )


def labelled(expression: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[Any]:
    """Give what is selected a name, quoted: SQLAlchemy does not know every database's keywords."""
    return expression.label(quoted_name(name, True))


def column_named(table: Table, name: str) -> Column:
    """Give a column of the foreign table."""
    for column in table.columns:
        if column.name == name:
            return column
    raise WrapperError(f'the foreign table "{table.name}" has no column "{name}"')


def key_of(table: Table) -> tuple[Column, ...]:
    """Give the columns by which rows are found again."""
    return tuple(column for column in table.columns if _options(column).key)


def pushes_down(column: Column) -> bool:
    """Tell whether conditions on a column may be sent."""
    return _options(column).pushdown


def _options(column: Column) -> Any:
    return column.options
