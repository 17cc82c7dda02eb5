"""`op.create_schema`, `op.alter_schema` and `op.drop_schema`."""

from __future__ import annotations

from typing import TypedDict

from alembic.operations import Operations

from exclave.alembic.operations.operation import ForeignOperation, both_states, operation
from exclave.objects import Schema
from exclave.objects.grant import GrantsInput


class SchemaProperties(TypedDict, total=False):
    """What can be altered of a schema; as in `exclave.Schema`."""

    owner: str | None
    grants: GrantsInput | None
    comment: str | None


@operation("create_schema", Schema)
class CreateSchemaOp(ForeignOperation):
    """CREATE SCHEMA, with its owner, privileges and comment."""

    @classmethod
    def create_schema(
        cls,
        operations: Operations,
        name: str,
        *,
        owner: str | None = None,
        grants: GrantsInput | None = None,
        comment: str | None = None,
    ) -> None:
        """Create a schema.

        Parameters
        ----------
        name, owner, grants, comment
            As in `exclave.Schema`.
        """
        schema = Schema(name, owner=owner, grants=grants, comment=comment)
        operations.invoke(cls(None, schema))


@operation("alter_schema", Schema)
class AlterSchemaOp(ForeignOperation):
    """The owner, privileges and comment of a schema."""

    @classmethod
    def alter_schema(
        cls, operations: Operations, name: str, *, before: SchemaProperties, after: SchemaProperties
    ) -> None:
        """Alter a schema.

        Parameters
        ----------
        name
            Its name.
        before, after
            What differs, as it is and as it is to be.
        """
        operations.invoke(cls(*both_states(Schema, {"name": name}, before, after)))


@operation("drop_schema", Schema)
class DropSchemaOp(ForeignOperation):
    """DROP SCHEMA."""

    @classmethod
    def drop_schema(cls, operations: Operations, name: str) -> None:
        """Drop a schema, which must be empty.

        Parameters
        ----------
        name
            Its name.
        """
        operations.invoke(cls(Schema(name), None, known=False))
