"""What makes a `Table` a foreign one, a view or a federation's: a value kept in `Table.info`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa

from exclave.federation import Federation
from exclave.objects import Index, Options, Partition, QualifiedName
from exclave.objects.grant import Grants
from exclave.objects.options import NO_OPTIONS

KEY = "exclave"
"""Where exclave keeps its own in the `info` of SQLAlchemy's objects."""


@dataclass(frozen=True)
class Declaration:
    """Where the rows of a table are, and what else a `Table` has no place for.

    Parameters
    ----------
    server
        The name of the foreign server.
    options
        Options of the foreign table.
    column_options
        Options of columns, by the columns' names.
    column_grants
        Privileges on columns, by the columns' names.
    remote_generated
        Names of columns whose values the remote generates.
    column_renamed_from
        Former names of columns, by the columns' names.
    inherits, partition_of, owner, grants, renamed_from
        As in `exclave.ForeignTable`.
    """

    server: str
    options: Options = NO_OPTIONS
    column_options: Mapping[str, Options] = field(
        default_factory=lambda: cast("dict[str, Options]", {})
    )
    column_grants: Mapping[str, Grants] = field(
        default_factory=lambda: cast("dict[str, Grants]", {})
    )
    remote_generated: frozenset[str] = frozenset()
    inherits: frozenset[QualifiedName] = frozenset()
    column_renamed_from: Mapping[str, str] = field(
        default_factory=lambda: cast("dict[str, str]", {})
    )
    partition_of: Partition | None = None
    owner: str | None = None
    grants: Grants | None = None
    renamed_from: QualifiedName | str | None = None


@dataclass(frozen=True)
class ViewDeclaration:
    """The query of a materialized view, and what else a `Table` has no place for.

    Parameters
    ----------
    query
        What gives its rows.
    indexes
        Indexes of exclave's; those of SQLAlchemy's are the table's.
    with_data
        Whether its creation runs the query.
    column_grants
        Privileges on columns, by the columns' names.
    owner, grants, renamed_from
        As in `exclave.MaterializedView`.
    """

    query: sa.SelectBase
    indexes: tuple[Index, ...] = ()
    with_data: bool = True
    column_grants: Mapping[str, Grants] = field(
        default_factory=lambda: cast("dict[str, Grants]", {})
    )
    owner: str | None = None
    grants: Grants | None = None
    renamed_from: QualifiedName | str | None = None


@dataclass(frozen=True)
class SourceKey:
    """A foreign key of the table that a federation's table was made after.

    Parameters
    ----------
    columns
        Its columns.
    table
        The key, in its metadata, of the table that it points to.
    referred
        The columns there.
    use_alter
        As in SQLAlchemy: whether it is one of a circle of tables.
    """

    columns: tuple[str, ...]
    table: str
    referred: tuple[str, ...]
    use_alter: bool = False


@dataclass(frozen=True)
class FederatedDeclaration:
    """Which federation a table belongs to; the hub makes it, never a metadata.

    Parameters
    ----------
    federation
        The federation.
    table
        The name of its table.
    member
        The slug of the one member whose own table it is; ``None`` for the joined table.
    source
        The key, in its metadata, of the table whose columns it has; ``None`` for no table.
    keys
        The foreign keys of that table.
    """

    federation: Federation
    table: str
    member: str | None = None
    source: str | None = None
    keys: tuple[SourceKey, ...] = ()


def declaration_of(table: sa.Table) -> Declaration | None:
    """Give what makes a table a foreign one, or ``None`` for an ordinary table."""
    found = table.info.get(KEY)
    return found if isinstance(found, Declaration) else None


def is_foreign(table: sa.Table) -> bool:
    """Tell whether a table was declared as a foreign one."""
    return declaration_of(table) is not None


def view_declaration_of(table: sa.Table) -> ViewDeclaration | None:
    """Give what makes a table a materialized view, or ``None`` for any other table."""
    found = table.info.get(KEY)
    return found if isinstance(found, ViewDeclaration) else None


def is_materialized_view(table: sa.Table) -> bool:
    """Tell whether a table was declared as a materialized view."""
    return view_declaration_of(table) is not None


def federated_declaration_of(table: sa.FromClause) -> FederatedDeclaration | None:
    """Give what makes a table a federation's, or ``None`` for any other."""
    found = table.info.get(KEY) if isinstance(table, sa.Table) else None
    return found if isinstance(found, FederatedDeclaration) else None


def is_federated(table: sa.FromClause) -> bool:
    """Tell whether a table was declared as a federation's."""
    return federated_declaration_of(table) is not None


def is_ordinary(table: sa.Table) -> bool:
    """Tell whether SQLAlchemy alone creates a table: none of exclave's kinds."""
    return not (is_foreign(table) or is_materialized_view(table) or is_federated(table))


def is_planned(table: sa.Table) -> bool:
    """Tell whether a metadata makes a table of exclave's kinds: a foreign one or a view."""
    return is_foreign(table) or is_materialized_view(table)


def foreign_column_info(**options: Any) -> dict[str, Any]:
    """Give the `info` of a column that has options of the foreign-data wrapper.

    Parameters
    ----------
    options
        The options, such as ``column_name="ID"``.

    Returns
    -------
    dict
        For ``Column(…, info=…)`` and ``mapped_column(…, info=…)``.

    Raises
    ------
    DeclarationError
        For a value that no option can have.
    """
    return {KEY: Options(options, "a column")}


def column_options_of(column: sa.Column[Any]) -> Options:
    """Give the options that a column's own `info` holds."""
    found = column.info.get(KEY)
    return found if isinstance(found, Options) else NO_OPTIONS
