"""Columns of a foreign table after those of another table, which is the remote one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql.schema import SchemaItem

from exclave.errors import DeclarationError


def items_like(
    table: sa.Table, only: Collection[str] | None, metadata: sa.MetaData, key: str
) -> list[SchemaItem]:
    """Copy a table's columns, primary key and foreign keys.

    A local sequence is no part of the copy: an `Identity` and a `Sequence` are left out. So are
    CHECK and UNIQUE constraints and indexes, which the remote has and the hub cannot use.

    Parameters
    ----------
    table
        The table to take them from.
    only
        Names of the columns to take; ``None`` takes all. Keys that need others are left out.
    metadata
        Where the copy will be. Keys to tables that it does not have are left out.
    key
        The copy's key in it; keys of the table to itself become keys of the copy to itself.

    Raises
    ------
    DeclarationError
        When `only` names a column that the table does not have.
    """
    names = [column.name for column in table.columns]
    if only is not None:
        if isinstance(only, str):
            raise DeclarationError(f"only= takes several names of columns, not {only!r}.")
        unknown = sorted(set(only) - set(names))
        if unknown:
            raise DeclarationError(
                f'"{table.name}" has no column {unknown[0]!r}; it has {", ".join(names)}.'
            )
        names = [name for name in names if name in only]
    columns = [column for column in table.columns if column.name in names]
    keys = [
        _foreign_key(constraint, table.key, key)
        for constraint in table.foreign_key_constraints
        if all(column.name in names for column in constraint.columns)
        and (_target(constraint) == table.key or _target(constraint) in metadata.tables)
    ]
    return [*(_copy(column) for column in columns), *keys]


def _copy(column: sa.Column[Any]) -> sa.Column[Any]:
    computed, default = column.computed, column.server_default
    generated = () if computed is None else (sa.Computed(computed.sqltext, computed.persisted),)
    if isinstance(default, sa.DefaultClause):
        server_default = cast("Any", default.arg)
    elif default is None or computed is not None or column.identity is not None:
        server_default = None
    else:
        server_default = sa.FetchedValue()
    updated = column.server_onupdate is not None and computed is None
    return sa.Column(
        column.name,
        column.type.copy() if isinstance(column.type, sa.types.SchemaType) else column.type,
        *generated,
        key=column.key,
        primary_key=column.primary_key,
        nullable=column.nullable,
        default=getattr(column.default, "arg", None),
        onupdate=getattr(column.onupdate, "arg", None),
        server_default=server_default,
        server_onupdate=sa.FetchedValue() if updated else None,
        autoincrement=column.autoincrement,
        comment=column.comment,
        doc=column.doc,
        info=dict(column.info),
    )


def _target(constraint: sa.ForeignKeyConstraint) -> str:
    """Give the key of the table that a foreign key points to, declared or not."""
    return constraint.elements[0].target_fullname.rpartition(".")[0]


def _foreign_key(
    constraint: sa.ForeignKeyConstraint, old_key: str, new_key: str
) -> sa.ForeignKeyConstraint:
    target = _target(constraint)
    table = new_key if target == old_key else target
    columns = [element.target_fullname.rpartition(".")[2] for element in constraint.elements]
    return sa.ForeignKeyConstraint(
        constraint.column_keys,
        [f"{table}.{column}" for column in columns],
        link_to_name=constraint.link_to_name,
    )
