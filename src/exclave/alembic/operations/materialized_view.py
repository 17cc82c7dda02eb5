"""`op.create_materialized_view`, `op.alter_materialized_view` and `op.drop_materialized_view`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from alembic.operations import Operations

from exclave.alembic.operations.operation import (
    ForeignOperation,
    both_states,
    operation,
    schema_of,
)
from exclave.objects import Index, MaterializedView, ViewColumn
from exclave.objects.grant import GrantsInput

_ANY_QUERY = "SELECT"
"""Stands for the query of a view where no statement holds it."""


class MaterializedViewProperties(TypedDict, total=False):
    """What can be altered of a materialized view; as in `exclave.MaterializedView`."""

    name: str
    schema: str
    columns: Iterable[ViewColumn]
    indexes: Iterable[Index]
    owner: str | None
    grants: GrantsInput | None
    comment: str | None


@operation("create_materialized_view", MaterializedView)
class CreateMaterializedViewOp(ForeignOperation):
    """CREATE MATERIALIZED VIEW, with its indexes, owner, privileges and comments."""

    @classmethod
    def create_materialized_view(
        cls,
        operations: Operations,
        name: str,
        query: str,
        *,
        schema: str | None = None,
        columns: Iterable[ViewColumn] = (),
        indexes: Iterable[Index] = (),
        with_data: bool = True,
        owner: str | None = None,
        grants: GrantsInput | None = None,
        comment: str | None = None,
    ) -> None:
        """Create a materialized view.

        Parameters
        ----------
        name, query, columns, indexes, with_data, owner, grants, comment
            As in `exclave.MaterializedView`.
        schema
            Its schema; ``None`` is the connection's default one, and ``public`` with ``--sql``.
        """
        view = MaterializedView(
            name,
            query,
            schema=schema_of(operations, schema),
            columns=columns,
            indexes=indexes,
            with_data=with_data,
            owner=owner,
            grants=grants,
            comment=comment,
        )
        operations.invoke(cls(None, view))


@operation("alter_materialized_view", MaterializedView)
class AlterMaterializedViewOp(ForeignOperation):
    """The name, indexes, owner, privileges and comments of a materialized view."""

    @classmethod
    def alter_materialized_view(
        cls,
        operations: Operations,
        name: str,
        *,
        schema: str | None = None,
        before: MaterializedViewProperties,
        after: MaterializedViewProperties,
    ) -> None:
        """Alter a materialized view, but for its query, which PostgreSQL cannot alter.

        Parameters
        ----------
        name, schema
            Which one; the schema as in `create_materialized_view`.
        before, after
            What differs, as it is and as it is to be. Of columns, indexes and privileges only
            those that differ. A new name or schema is ``{"name": …, "schema": …}`` in `after`.
        """
        names = {"name": name, "schema": schema_of(operations, schema), "query": _ANY_QUERY}
        operations.invoke(cls(*both_states(MaterializedView, names, before, after)))


@operation("drop_materialized_view", MaterializedView)
class DropMaterializedViewOp(ForeignOperation):
    """DROP MATERIALIZED VIEW."""

    @classmethod
    def drop_materialized_view(
        cls, operations: Operations, name: str, *, schema: str | None = None
    ) -> None:
        """Drop a materialized view, on which nothing may depend any more.

        Parameters
        ----------
        name, schema
            Which one; the schema as in `create_materialized_view`.
        """
        view = MaterializedView(name, _ANY_QUERY, schema=schema_of(operations, schema))
        operations.invoke(cls(view, None, known=False))
