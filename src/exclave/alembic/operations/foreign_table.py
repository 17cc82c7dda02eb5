"""`op.create_foreign_table`, `op.alter_foreign_table` and `op.drop_foreign_table`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict

from alembic.operations import Operations

from exclave.alembic.operations.operation import (
    ForeignOperation,
    both_states,
    operation,
    schema_of,
)
from exclave.objects import Check, Column, ForeignTable, Partition, QualifiedName, Server
from exclave.objects.grant import GrantsInput
from exclave.objects.options import NO_OPTIONS, OptionInput

_ANY_SERVER = "any"
"""Stands for the server of a table where no statement names it."""


class ForeignTableProperties(TypedDict, total=False):
    """What can be altered of a foreign table; as in `exclave.ForeignTable`."""

    name: str
    schema: str
    columns: Iterable[Column]
    options: Mapping[str, OptionInput]
    checks: Iterable[Check]
    inherits: Iterable[QualifiedName | str]
    partition_of: Partition | None
    owner: str | None
    grants: GrantsInput | None
    comment: str | None


@operation("create_foreign_table", ForeignTable)
class CreateForeignTableOp(ForeignOperation):
    """CREATE FOREIGN TABLE, with its parents, owner, privileges and comments."""

    @classmethod
    def create_foreign_table(
        cls,
        operations: Operations,
        name: str,
        *columns: Column,
        server: Server | str,
        schema: str | None = None,
        options: Mapping[str, OptionInput] = NO_OPTIONS,
        checks: Iterable[Check] = (),
        inherits: Iterable[QualifiedName | str] = (),
        partition_of: Partition | None = None,
        owner: str | None = None,
        grants: GrantsInput | None = None,
        comment: str | None = None,
    ) -> None:
        """Create a foreign table.

        Parameters
        ----------
        name, columns, server, options, checks, inherits, partition_of, owner, grants, comment
            As in `exclave.ForeignTable`.
        schema
            Its schema; ``None`` is the connection's default one, and ``public`` with ``--sql``.
        """
        table = ForeignTable(
            name,
            columns,
            server=server,
            schema=schema_of(operations, schema),
            options=options,
            checks=checks,
            inherits=inherits,
            partition_of=partition_of,
            owner=owner,
            grants=grants,
            comment=comment,
        )
        operations.invoke(cls(None, table))


@operation("alter_foreign_table", ForeignTable)
class AlterForeignTableOp(ForeignOperation):
    """ALTER FOREIGN TABLE, with its columns, parents, owner, privileges and comments."""

    @classmethod
    def alter_foreign_table(
        cls,
        operations: Operations,
        name: str,
        *,
        schema: str | None = None,
        before: ForeignTableProperties,
        after: ForeignTableProperties,
    ) -> None:
        """Alter a foreign table in place.

        Parameters
        ----------
        name, schema
            Which one; the schema as in `create_foreign_table`.
        before, after
            What differs, as it is and as it is to be. Of columns, options, checks and privileges
            only those that differ: a column in `after` alone is added, one in `before` alone is
            dropped, and one whose `renamed_from` is in `before` is renamed. A new name or schema
            is ``{"name": …, "schema": …}`` in `after`. Where a type changes, the generated
            columns and the checks of the table must be on both sides, and where columns or checks
            change, its parents.
        """
        names = {
            "name": name,
            "schema": schema_of(operations, schema),
            "server": _ANY_SERVER,
            "columns": (),
        }
        operations.invoke(cls(*both_states(ForeignTable, names, before, after)))


@operation("drop_foreign_table", ForeignTable)
class DropForeignTableOp(ForeignOperation):
    """DROP FOREIGN TABLE."""

    @classmethod
    def drop_foreign_table(
        cls, operations: Operations, name: str, *, schema: str | None = None
    ) -> None:
        """Drop a foreign table, on which nothing may depend any more.

        Parameters
        ----------
        name, schema
            Which one; the schema as in `create_foreign_table`.
        """
        schema = schema_of(operations, schema)
        operations.invoke(
            cls(ForeignTable(name, (), server=_ANY_SERVER, schema=schema), None, known=False)
        )
