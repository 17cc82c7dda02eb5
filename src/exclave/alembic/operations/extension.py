"""`op.create_extension`, `op.alter_extension` and `op.drop_extension`."""

from __future__ import annotations

from typing import TypedDict

from alembic.operations import Operations

from exclave.alembic.operations.operation import ForeignOperation, both_states, operation
from exclave.objects import Extension


class ExtensionProperties(TypedDict, total=False):
    """What can be altered of an extension; as in `exclave.Extension`."""

    schema: str | None
    version: str | None


@operation("create_extension", Extension)
class CreateExtensionOp(ForeignOperation):
    """CREATE EXTENSION."""

    @classmethod
    def create_extension(
        cls,
        operations: Operations,
        name: str,
        *,
        schema: str | None = None,
        version: str | None = None,
    ) -> None:
        """Create an extension, such as ``postgres_fdw``.

        Parameters
        ----------
        name, schema, version
            As in `exclave.Extension`.
        """
        operations.invoke(cls(None, Extension(name, schema=schema, version=version)))


@operation("alter_extension", Extension)
class AlterExtensionOp(ForeignOperation):
    """ALTER EXTENSION."""

    @classmethod
    def alter_extension(
        cls,
        operations: Operations,
        name: str,
        *,
        before: ExtensionProperties,
        after: ExtensionProperties,
    ) -> None:
        """Move an extension to another version or schema.

        Parameters
        ----------
        name
            Its name.
        before, after
            What differs, as it is and as it is to be.
        """
        operations.invoke(cls(*both_states(Extension, {"name": name}, before, after)))


@operation("drop_extension", Extension)
class DropExtensionOp(ForeignOperation):
    """DROP EXTENSION."""

    @classmethod
    def drop_extension(cls, operations: Operations, name: str) -> None:
        """Drop an extension, on which nothing may depend any more.

        Parameters
        ----------
        name
            Its name.
        """
        operations.invoke(cls(Extension(name), None, known=False))
