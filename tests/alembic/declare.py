"""Foreign tables as values, declared as tables of a metadata."""

from __future__ import annotations

import sqlalchemy as sa

import exclave as xc
from exclave import Column, ForeignTable
from exclave.sqlalchemy import NamedType, foreign_table_args
from exclave.sqlalchemy.declaration import KEY, ViewDeclaration
from exclave.sqlalchemy.expression import expression_of


def declare(table: ForeignTable, metadata: sa.MetaData) -> sa.Table:
    """Declare a foreign table as it is."""
    args = foreign_table_args(
        table.server,
        options=table.options,
        column_options={c.name: c.options for c in table.columns if c.options},
        column_grants={c.name: c.grants for c in table.columns if c.grants is not None},
        inherits=table.inherits,
        partition_of=table.partition_of,
        owner=table.owner,
        grants=table.grants,
        renamed_from=table.renamed_from,
        column_renamed_from={c.name: c.renamed_from for c in table.columns if c.renamed_from},
        schema=table.schema,
        comment=table.comment,
    )
    checks = [
        sa.CheckConstraint(
            expression_of(check.expression), name=check.name, info={"no_inherit": check.no_inherit}
        )
        for check in table.checks
    ]
    return sa.Table(table.name, metadata, *map(_column, table.columns), *checks, **args)


def declare_view(view: xc.MaterializedView, metadata: sa.MetaData) -> sa.Table:
    """Declare a materialized view as it is, with names of columns that SQLAlchemy may not take."""
    declaration = ViewDeclaration(
        expression_of(view.query).columns(*(sa.column(column.name) for column in view.columns)),
        indexes=view.indexes,
        with_data=view.with_data,
        column_grants={c.name: c.grants for c in view.columns if c.grants is not None},
        owner=view.owner,
        grants=view.grants,
        renamed_from=view.renamed_from,
    )
    return sa.Table(
        view.name,
        metadata,
        *(sa.Column(column.name, comment=column.comment) for column in view.columns),
        schema=view.schema,
        comment=view.comment,
        info={KEY: declaration},
    )


def _column(column: Column) -> sa.Column[object]:
    generators: list[sa.Computed | sa.Identity] = []
    if column.generated is not None:
        expression = expression_of(column.generated.expression)
        generators.append(sa.Computed(expression, persisted=column.generated.stored))
    if column.identity is not None:
        generators.append(sa.Identity(always=column.identity == "ALWAYS"))
    return sa.Column(
        column.name,
        NamedType(column.type, column.collation),
        *generators,
        nullable=not column.not_null,
        server_default=None if column.default is None else expression_of(column.default),
        comment=column.comment,
    )
