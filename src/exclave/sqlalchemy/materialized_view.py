"""Materialized views beside tables: `MaterializedView`, which gives a `Table`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.schema import SchemaItem

from exclave.errors import DeclarationError
from exclave.objects import Index, QualifiedName
from exclave.objects.grant import GrantsInput, make_grants
from exclave.objects.names import check_role
from exclave.plan.syntax import relations_of
from exclave.sqlalchemy import events
from exclave.sqlalchemy.declaration import KEY, ViewDeclaration, view_declaration_of
from exclave.sqlalchemy.expression import query_of
from exclave.sqlalchemy.naming import Naming

_ANONYMOUS = re.compile(r"%\(\d+ .*\)s", re.DOTALL)
"""What SQLAlchemy calls a column to which nobody gave a name."""


def MaterializedView(  # noqa: N802 - what it gives is a Table, and reads like one
    name: str,
    metadata: sa.MetaData,
    query: sa.SelectBase | sa.TextClause,
    *items: SchemaItem,
    indexes: Iterable[sa.Index | Index] = (),
    with_data: bool = True,
    primary_key: Collection[str] = (),
    column_grants: Mapping[str, GrantsInput] | None = None,
    owner: str | None = None,
    grants: GrantsInput | None = None,
    renamed_from: QualifiedName | str | None = None,
    **more: Any,
) -> sa.Table:
    """Declare a materialized view.

    It is a `sqlalchemy.Table` with the columns of a query, to select from or to be the
    ``__table__`` of a class; `MetaData.create_all` makes a materialized view of it, after the
    tables and views of the metadata that the query reads. Keys serve the ORM and are never sent.
    `make_plan` finds a changed query by its syntax tree; `refresh` brings its data up to date.

    Parameters
    ----------
    name
        The name of the view.
    metadata
        Where it is declared.
    query
        What gives its rows: a `select`, a union of them, or a `text`. Each column needs a name of
        its own, so an expression a `label`. What a text names must be declared before, so that
        it is created before.
    items
        The columns of a text; else columns instead of those with the same names, for another
        type, a comment or a key. Constraints for the ORM.
    indexes
        Its indexes, as those of SQLAlchemy (with names of columns, and what PostgreSQL's dialect
        takes) or of exclave. Concurrent refreshing needs a unique one.
    with_data
        Whether its creation runs the query.
    primary_key
        Names of the columns by which the ORM tells rows apart.
    column_grants
        Privileges on single columns, by the columns' names, as in `exclave.ViewColumn`.
    owner, grants, renamed_from
        As in `exclave.MaterializedView`.
    more
        Anything else that `sqlalchemy.Table` takes, such as `schema`, `comment` and `info`.

    Raises
    ------
    DeclarationError
        When something is declared that no materialized view can have.

    Notes
    -----
    PostgreSQL documentation, "CREATE MATERIALIZED VIEW".
    """
    own = {str(item.name): item for item in map(_column, items) if item is not None}
    if isinstance(query, sa.TextClause):
        if not own:
            raise DeclarationError(f'"{name}": a text() does not tell its columns; give them too.')
        query = query.columns(*(sa.column(each.name, each.type) for each in own.values()))
    if not isinstance(query, sa.SelectBase):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DeclarationError(
            f'"{name}": give a select() or text(), not a {type(query).__name__}.'
        )
    if isinstance(primary_key, str):
        raise DeclarationError(f'"{name}": primary_key takes several names, not a string.')
    given = list(indexes)
    columns = [own.pop(each.name, each) for each in _columns(name, query, primary_key)]
    missing = [*own, *({*primary_key, *(column_grants or {})} - {each.name for each in columns})]
    if missing:
        raise DeclarationError(
            f'The query of "{name}" has no column {missing[0]!r}; it has '
            f"{', '.join(each.name for each in columns)}."
        )
    declaration = ViewDeclaration(
        query,
        indexes=tuple(each for each in given if isinstance(each, Index)),
        with_data=with_data,
        column_grants={
            column: make_grants(granted, "column", f'column "{column}"') or frozenset()
            for column, granted in (column_grants or {}).items()
        },
        owner=owner and check_role(owner, "role"),
        grants=make_grants(grants, "materialized view", f'materialized view "{name}"'),
        renamed_from=renamed_from,
    )
    more["info"] = {**(more.get("info") or {}), KEY: declaration}
    more["listeners"] = [
        *(more.get("listeners") or ()),
        ("after_parent_attach", _attached),
    ]
    others = [item for item in items if not isinstance(item, sa.Column)]
    of_sqlalchemy = [each for each in given if not isinstance(each, Index)]
    return sa.Table(name, metadata, *columns, *others, *of_sqlalchemy, **more)


def _column(item: object) -> sa.Column[Any] | None:
    return cast("sa.Column[Any]", item) if isinstance(item, sa.Column) else None


def _columns(
    view: str, query: sa.SelectBase, primary_key: Collection[str]
) -> Iterator[sa.Column[Any]]:
    for column in query.subquery().columns:
        name = str(column.name)
        if not name or _ANONYMOUS.match(name):
            raise DeclarationError(
                f'"{view}": a column of its query has no name: {_described(query, column)}; give '
                'it one with .label("…").'
            )
        yield sa.Column(name, column.type, key=column.key, primary_key=name in primary_key)


def _described(query: sa.SelectBase, column: sa.ColumnElement[Any]) -> str:
    """Show the expression that a column of a subquery stands for."""
    return next((str(each) for each in query.selected_columns if column.shares_lineage(each)), "?")


def _attached(target: sa.Table, parent: sa.MetaData) -> None:
    """Let what the query reads come first, once the view is in its metadata."""
    declaration = view_declaration_of(target)
    if declaration is None:
        return
    for table in _read(declaration.query, parent):
        if table is not target:
            target.add_is_dependent_on(table)
    events.attach(target)
    events.listen_to_table(target)
    events.listen_to(parent)


def _read(query: sa.SelectBase, metadata: sa.MetaData) -> Iterator[sa.Table]:
    """Give the tables of a metadata that a query reads, also those that its text names."""
    for element in visitors.iterate(query):
        if isinstance(element, sa.Table):
            found = metadata.tables.get(element.key)
            if found is not None:
                yield found
    for name in relations_of(query_of(query, Naming())):
        qualified = f"{name.schema}.{name.name}" if name.schema else name.name
        found = metadata.tables.get(qualified, metadata.tables.get(name.name))
        if found is not None:
            yield found
