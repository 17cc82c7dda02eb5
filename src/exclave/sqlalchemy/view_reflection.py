"""Materialized views that a database holds, as tables of a metadata."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from exclave import objects
from exclave.plan.view_order import used_first
from exclave.sqlalchemy.expression import expression_of
from exclave.sqlalchemy.materialized_view import MaterializedView
from exclave.sqlalchemy.named_type import NamedType


def reflected_views(
    metadata: sa.MetaData,
    connection: sa.Connection,
    views: Iterable[objects.MaterializedView],
    schema: str | None,
) -> dict[str, sa.Table]:
    """Give the `Table` of each of some materialized views by its name.

    Parameters
    ----------
    metadata
        Where to put them. A table that it holds already is left as it is.
    connection
        The database.
    views
        The views as read from there, all of one schema.
    schema
        Their schema as the metadata shall name it; ``None`` leaves it to the search path.
    """
    return {view.name: _table(metadata, connection, view, schema) for view in used_first(views)}


def _table(
    metadata: sa.MetaData,
    connection: sa.Connection,
    view: objects.MaterializedView,
    schema: str | None,
) -> sa.Table:
    held = metadata.tables.get(f"{schema}.{view.name}" if schema else view.name)
    if held is not None:
        return held
    inspected = sa.inspect(connection).get_columns(view.name, schema)
    types = {column["name"]: column["type"] for column in inspected}
    return MaterializedView(
        view.name,
        metadata,
        expression_of(view.query),
        *_columns(view, types),
        indexes=view.indexes,
        with_data=view.with_data,
        column_grants={each.name: each.grants for each in view.columns if each.grants},
        grants=view.grants,
        schema=schema,
        comment=view.comment,
    )


def _columns(
    view: objects.MaterializedView, types: Mapping[str, TypeEngine[Any]]
) -> Iterator[sa.Column[Any]]:
    for column in view.columns:
        type_ = types[column.name]
        unknown = isinstance(type_, sa.types.NullType)
        yield sa.Column(
            column.name,
            NamedType(column.type or "") if unknown else type_,
            comment=column.comment,
        )
