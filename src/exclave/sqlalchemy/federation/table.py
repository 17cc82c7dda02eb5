"""A federation's table as a SQLAlchemy `Table`, which the hub makes and no metadata does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql.schema import SchemaItem

from exclave.errors import DeclarationError
from exclave.federation import FederatedTable, Federation
from exclave.federation.naming import check_member, joined_table, names_of
from exclave.objects import QualifiedName
from exclave.sqlalchemy import events
from exclave.sqlalchemy.declaration import (
    KEY,
    FederatedDeclaration,
    federated_declaration_of,
    is_federated,
)
from exclave.sqlalchemy.federation.reflection import Bind, reflected
from exclave.sqlalchemy.federation.source import Source


def federated_table(
    federation: Federation,
    table: str | sa.Table | type[Any],
    metadata: sa.MetaData,
    *items: SchemaItem,
    source: sa.Table | type[Any] | None = None,
    member: str | None = None,
    autoload_with: Bind | None = None,
    **more: Any,
) -> sa.Table:
    """Give a table of a federation, to select from and to write to.

    Its first column is the member column, and its primary key that column and the key of the
    members' tables, whose values may be the same at several members. What members generate
    is fetched after an INSERT, and none of it is used to tell the rows of a batch apart.
    No DDL is ever sent for it: `Hub.apply` makes it.

    Foreign keys of the source become keys between tables of the federation, on the member
    column too, once both are in the metadata; keys to other tables are left out.

    Parameters
    ----------
    federation
        The federation.
    table
        The table's name in it, or a `Table` or mapped class of that name, for its columns.
    metadata
        Where it is declared. A table there that is called as members' tables are is the source
        when there is no other.
    items
        Columns and constraints beside those of the source, and instead of those with the same
        names; alone without a source.
    source
        The `Table` or mapped class for its columns, when `table` is a name.
    member
        The slug of one member, for that member's own table, which has no member column.
    autoload_with
        An engine or connection of the hub, to take the columns from the joined table itself.
    more
        Anything else that `sqlalchemy.Table` takes, but for `schema` and `comment`.

    Raises
    ------
    DeclarationError
        When the federation has no such table, when nothing tells the columns, and when nothing
        tells the key.
    """
    chosen = _chosen(federation, table)
    given = source if isinstance(table, str) else table
    if given is None and autoload_with is not None:
        given = reflected(federation, chosen, autoload_with)
    found = Source.of(given) if given is not None else _beside(federation, chosen, metadata)
    own = {cast("sa.Column[Any]", item).name for item in items if isinstance(item, sa.Column)}
    if found is None and not own:
        raise DeclarationError(
            f"{chosen} of {federation}: nothing tells its columns. Give source= (a Table or a "
            "mapped class), autoload_with= (an engine or connection of the hub), or columns."
        )
    copied = [] if found is None else [column for _, column in found.columns(chosen)]
    kept = [column for column in copied if column.name not in own]
    first: list[sa.Column[Any]] = [] if member is not None else [member_column(federation)]
    if first and federation.member_column in {*own, *(column.name for column in kept)}:
        raise taken(federation, chosen)
    name = name_of(federation, chosen, member)
    return sa.Table(
        name.name,
        metadata,
        *first,
        *kept,
        *items,
        **table_arguments(federation, chosen, found, member, **more),
    )


def name_of(federation: Federation, table: FederatedTable, member: str | None) -> QualifiedName:
    """Name a joined table, or a member's own one, on the hub."""
    if member is None:
        return joined_table(federation.name, table.name)
    check_member(federation, member)
    return names_of(federation, member).own_table(table.name)


def member_column(federation: Federation) -> sa.Column[str]:
    """Give the column that names the member."""
    return sa.Column(
        federation.member_column, sa.Text, primary_key=True, nullable=False, autoincrement=False
    )


def table_arguments(
    federation: Federation,
    table: FederatedTable,
    source: Source | None,
    member: str | None,
    **more: Any,
) -> dict[str, Any]:
    """Give the keyword arguments that make a `Table` a federation's.

    Raises
    ------
    DeclarationError
        When something is given that the hub decides.
    """
    for name in ("schema", "comment"):
        if name in more:
            raise DeclarationError(
                f"{table} of {federation}: its {name} is the hub's; leave {name}= out."
            )
    declaration = FederatedDeclaration(
        federation,
        table.name,
        member,
        None if source is None else source.table.key,
        () if source is None else tuple(source.keys(table)),
    )
    return {
        **more,
        "schema": name_of(federation, table, member).schema,
        "info": {**(more.get("info") or {}), KEY: declaration},
        "listeners": [
            *(more.get("listeners") or ()),
            ("after_parent_attach", _attached),
        ],
    }


def _chosen(federation: Federation, table: str | sa.Table | type[Any]) -> FederatedTable:
    return federation.table(table if isinstance(table, str) else Source.of(table).table.name)


def taken(federation: Federation, table: FederatedTable) -> DeclarationError:
    """Say that the members' table has a column called as the member column."""
    return DeclarationError(
        f'{table} of {federation}: it has a column "{federation.member_column}" of its own. '
        "Choose another member_column for the federation, or leave the column out with exclude=."
    )


def _beside(federation: Federation, table: FederatedTable, metadata: sa.MetaData) -> Source | None:
    """Find the members' table in a metadata: the project's own models may be there."""
    there = table.source("", federation.source_schema)
    for schema in (None, there.schema):
        found = metadata.tables.get(there.name if schema is None else f"{schema}.{there.name}")
        if found is not None and not is_federated(found):
            return Source.of(found)
    return None


def _attached(target: sa.Table, parent: sa.MetaData) -> None:
    """Complete a federation's table, once all of its columns are there."""
    declaration = federated_declaration_of(target)
    if declaration is None:
        return
    federation = declaration.federation
    if target.name != declaration.table:
        raise DeclarationError(
            f'"{target.name}" is no name for the table "{declaration.table}" of {federation}; '
            "leave __tablename__ out."
        )
    if declaration.member is None and federation.member_column not in target.columns:
        raise DeclarationError(
            f'"{target.fullname}" has no column "{federation.member_column}", which every joined '
            "table has; declare it as part of the primary key."
        )
    for column in target.primary_key.columns:
        _let_member_generate(column, federation.member_column)
    if not any(column.name != federation.member_column for column in target.primary_key.columns):
        raise DeclarationError(
            f'"{target.fullname}": nothing tells the rows of a member apart; declare a primary key.'
        )
    for one, other in _pairs(target, parent):
        _link(one, other)
    events.attach(target)
    events.listen_to_table(target)
    events.listen_to(parent)


def _let_member_generate(column: sa.Column[Any], member_column: str) -> None:
    """Have a numeric key fetched: numbers of several members cannot tell rows apart."""
    counts = column.autoincrement is not False and isinstance(column.type, sa.Integer)
    column.autoincrement = False
    if (
        counts
        and column.name != member_column
        and column.default is None
        and column.server_default is None
        and not column.foreign_keys
    ):
        column.server_default = sa.FetchedValue()


def _pairs(table: sa.Table, metadata: sa.MetaData) -> Iterator[tuple[sa.Table, sa.Table]]:
    """Give a table with those of its federation in a metadata, in both orders."""
    yield table, table
    for other in list(metadata.tables.values()):
        if other is not table and is_federated(other):
            yield table, other
            yield other, table


def _link(table: sa.Table, target: sa.Table) -> None:
    """Add a table's keys to another one, on the member column too."""
    one, other = federated_declaration_of(table), federated_declaration_of(target)
    assert one is not None
    assert other is not None
    if (one.federation.name, one.member) != (other.federation.name, other.member):
        return
    shared = [] if one.member is not None else [one.federation.member_column]
    for key in one.keys:
        columns, referred = [*shared, *key.columns], [*shared, *key.referred]
        if key.table != other.source or any(name not in target.columns for name in referred):
            continue
        if any(column not in table.columns for column in columns) or any(
            [column.name for column in former.columns] == columns
            for former in table.foreign_key_constraints
        ):
            continue
        table.append_constraint(
            sa.ForeignKeyConstraint(
                [table.columns[name] for name in columns],
                [target.columns[name] for name in referred],
                name="_".join((table.name, *key.columns)),
                use_alter=key.use_alter,
            )
        )
