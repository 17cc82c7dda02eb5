"""`op.create_user_mapping`, `op.alter_user_mapping` and `op.drop_user_mapping`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from alembic.operations import Operations

from exclave.alembic.operations.operation import ForeignOperation, both_states, operation
from exclave.objects import PUBLIC, Hidden, UserMapping
from exclave.objects.options import NO_OPTIONS, OptionInput


class UserMappingProperties(TypedDict, total=False):
    """What can be altered of a user mapping; as in `exclave.UserMapping`."""

    options: Mapping[str, OptionInput] | Hidden


@operation("create_user_mapping", UserMapping)
class CreateUserMappingOp(ForeignOperation):
    """CREATE USER MAPPING."""

    @classmethod
    def create_user_mapping(
        cls,
        operations: Operations,
        server: str,
        role: str = PUBLIC,
        *,
        options: Mapping[str, OptionInput] | Hidden = NO_OPTIONS,
    ) -> None:
        """Create a user mapping.

        Parameters
        ----------
        server, role, options
            As in `exclave.UserMapping`; a password is a `exclave.Secret`. Options that are
            `exclave.HIDDEN` are refused: nobody knows what to write.
        """
        operations.invoke(cls(None, UserMapping(server, role, options=options)))


@operation("alter_user_mapping", UserMapping)
class AlterUserMappingOp(ForeignOperation):
    """ALTER USER MAPPING."""

    @classmethod
    def alter_user_mapping(
        cls,
        operations: Operations,
        server: str,
        role: str = PUBLIC,
        *,
        before: UserMappingProperties,
        after: UserMappingProperties,
    ) -> None:
        """Alter a user mapping.

        Parameters
        ----------
        server, role
            Which one.
        before, after
            The options that differ, as they are and as they are to be. Secrets of `before` are
            never resolved.
        """
        names = {"server": server, "role": role}
        operations.invoke(cls(*both_states(UserMapping, names, before, after)))


@operation("drop_user_mapping", UserMapping)
class DropUserMappingOp(ForeignOperation):
    """DROP USER MAPPING."""

    @classmethod
    def drop_user_mapping(cls, operations: Operations, server: str, role: str = PUBLIC) -> None:
        """Drop a user mapping.

        Parameters
        ----------
        server, role
            Which one.
        """
        operations.invoke(cls(UserMapping(server, role), None, known=False))
