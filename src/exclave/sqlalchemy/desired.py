"""From a `MetaData` to the foreign objects that it declares."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, count

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from exclave.errors import DeclarationError
from exclave.objects import (
    Catalog,
    Check,
    ForeignTable,
    MaterializedView,
    QualifiedName,
    Schema,
    ViewColumn,
)
from exclave.sqlalchemy.column import column_of
from exclave.sqlalchemy.declaration import (
    KEY,
    ViewDeclaration,
    declaration_of,
    is_federated,
    is_foreign,
    is_ordinary,
    is_planned,
    view_declaration_of,
)
from exclave.sqlalchemy.expression import query_of, sql_of
from exclave.sqlalchemy.index import index_of
from exclave.sqlalchemy.naming import Naming


def foreign_objects(metadata: sa.MetaData, connection: sa.Connection | None = None) -> Catalog:
    """Give everything foreign that a metadata declares.

    Parameters
    ----------
    metadata
        With foreign tables, materialized views, and what `register_foreign` has added.
    connection
        Where they are to be: it says which schema names without one stand in, and which
        schemas its ``schema_translate_map`` puts for others. Without one names stand in
        ``public``.

    Returns
    -------
    Catalog
        For `exclave.plan.make`; its order is that of creation.

    Raises
    ------
    DeclarationError
        When something is declared that PostgreSQL could not accept, such as an ordinary table's
        foreign key to a foreign table.
    """
    check_foreign_keys(metadata)
    naming = Naming.of_connection(connection)
    tables = [table for table in metadata.sorted_tables if is_planned(table)]
    return registered(metadata, naming) | [declared_by(table, naming) for table in tables]


def foreign_object(
    table: sa.Table, connection: sa.Connection | None = None
) -> ForeignTable | MaterializedView:
    """Give what one table declares, as `foreign_objects` does.

    Raises
    ------
    DeclarationError
        When it is an ordinary table, or declares something that PostgreSQL could not accept.
    """
    return declared_by(table, Naming.of_connection(connection))


def declared_by(table: sa.Table, naming: Naming) -> ForeignTable | MaterializedView:
    """Give what one table declares: a foreign table or a materialized view."""
    view = view_declaration_of(table)
    return foreign_table_of(table, naming) if view is None else _view(table, view, naming)


def registered(metadata: sa.MetaData, naming: Naming) -> Catalog:
    """Give what was registered with a metadata, with its schemas named as tables' schemas are."""
    return Catalog(
        replace(value, name=naming.schema(value.name)) if isinstance(value, Schema) else value
        for value in metadata.info.get(KEY, Catalog())
    )


def foreign_table_of(table: sa.Table, naming: Naming) -> ForeignTable:
    """Give what one table declares.

    Raises
    ------
    DeclarationError
        When it is an ordinary table, or declares something that PostgreSQL could not accept.
    """
    declaration = declaration_of(table)
    if declaration is None:
        raise DeclarationError(
            f'"{table.fullname}" is an ordinary table; declare it with ForeignTable, '
            "foreign_table_args or MaterializedView."
        )
    partition = declaration.partition_of
    return ForeignTable(
        str(table.name),
        [column_of(column, declaration, naming) for column in table.columns if not column.system],
        server=declaration.server,
        schema=naming.schema(table.schema),
        options=declaration.options,
        checks=_checks(table, naming),
        inherits=[naming.translated(parent) for parent in declaration.inherits],
        partition_of=partition and replace(partition, parent=naming.translated(partition.parent)),
        owner=declaration.owner,
        grants=declaration.grants,
        comment=table.comment,
        renamed_from=naming.former(declaration.renamed_from),
    )


def _view(table: sa.Table, declaration: ViewDeclaration, naming: Naming) -> MaterializedView:
    read = tables_of(declaration.query)
    return MaterializedView(
        str(table.name),
        query_of(declaration.query, naming),
        schema=naming.schema(table.schema),
        columns=[
            ViewColumn(
                str(column.name),
                comment=column.comment,
                grants=declaration.column_grants.get(str(column.name)),
            )
            for column in table.columns
        ],
        indexes=[*declaration.indexes, *(index_of(each, naming) for each in table.indexes)],
        with_data=declaration.with_data,
        owner=declaration.owner,
        grants=declaration.grants,
        comment=table.comment,
        uses=[QualifiedName(str(each.name), naming.schema(each.schema)) for each in read or ()],
        renamed_from=naming.former(declaration.renamed_from),
    )


def tables_of(query: sa.SelectBase) -> list[sa.Table] | None:
    """Give the tables that a query reads; ``None`` when it holds text, which may name others."""
    found: dict[str, sa.Table] = {}
    for element in visitors.iterate(query):
        if isinstance(element, sa.TextClause | sa.TextualSelect):
            return None
        if isinstance(element, sa.Table):
            found[element.key] = element
    return list(found.values())


def check_foreign_keys(metadata: sa.MetaData) -> None:
    """Refuse an ordinary table's foreign key to one that is none, as PostgreSQL would.

    Raises
    ------
    DeclarationError
        For the first such key.
    """
    for table in metadata.tables.values():
        if not is_ordinary(table):
            continue
        for key in table.foreign_key_constraints:
            if not is_ordinary(key.referred_table):
                names = ", ".join(column.name for column in key.columns)
                kind = _kind(key.referred_table)
                raise DeclarationError(
                    f'"{table.fullname}" has a foreign key ({names}) to the {kind} '
                    f'"{key.referred_table.fullname}", which PostgreSQL refuses; leave it out and '
                    "give relationship() a primaryjoin with foreign()."
                )


def _kind(table: sa.Table) -> str:
    if is_federated(table):
        return "federation's table"
    return "foreign table" if is_foreign(table) else "materialized view"


def _checks(table: sa.Table, naming: Naming) -> list[Check]:
    """Give a table's CHECKs; one without a name is named after the table and its place."""
    written = sorted(
        (
            (sql_of(constraint.sqltext, naming), constraint)
            for constraint in chain(table.constraints, *(c.constraints for c in table.columns))
            if isinstance(constraint, sa.CheckConstraint) and not _belongs_to_type(constraint)
        ),
        key=lambda pair: pair[0],
    )
    taken = {constraint.name for _, constraint in written}
    free = (
        name
        for name in (f"{table.name}_check{number or ''}" for number in count())
        if name not in taken
    )
    return [
        Check(
            str(constraint.name) if isinstance(constraint.name, str) else next(free),
            text,
            no_inherit=bool(constraint.info.get("no_inherit")),
        )
        for text, constraint in written
    ]


def _belongs_to_type(constraint: sa.CheckConstraint) -> bool:
    """Tell whether a type such as Enum brought the constraint along, for other databases."""
    return bool(getattr(constraint, "_type_bound", False))
