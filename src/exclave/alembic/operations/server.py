"""`op.create_server`, `op.alter_server` and `op.drop_server`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from alembic.operations import Operations

from exclave.alembic.operations.operation import ForeignOperation, both_states, operation
from exclave.objects import Server
from exclave.objects.grant import GrantsInput
from exclave.objects.options import NO_OPTIONS, OptionInput


class ServerProperties(TypedDict, total=False):
    """What can be altered of a foreign server; as in `exclave.Server`."""

    name: str
    options: Mapping[str, OptionInput]
    version: str | None
    owner: str | None
    grants: GrantsInput | None
    comment: str | None


@operation("create_server", Server)
class CreateServerOp(ForeignOperation):
    """CREATE SERVER, with its owner, privileges and comment."""

    @classmethod
    def create_server(
        cls,
        operations: Operations,
        name: str,
        wrapper: str = "postgres_fdw",
        *,
        options: Mapping[str, OptionInput] = NO_OPTIONS,
        type: str | None = None,  # noqa: A002 - PostgreSQL's word
        version: str | None = None,
        owner: str | None = None,
        grants: GrantsInput | None = None,
        comment: str | None = None,
    ) -> None:
        """Create a foreign server.

        Parameters
        ----------
        name, wrapper, options, type, version, owner, grants, comment
            As in `exclave.Server`.
        """
        server = Server(
            name,
            wrapper,
            options=options,
            type=type,
            version=version,
            owner=owner,
            grants=grants,
            comment=comment,
        )
        operations.invoke(cls(None, server))


@operation("alter_server", Server)
class AlterServerOp(ForeignOperation):
    """ALTER SERVER, with its owner, privileges and comment."""

    @classmethod
    def alter_server(
        cls, operations: Operations, name: str, *, before: ServerProperties, after: ServerProperties
    ) -> None:
        """Alter a foreign server in place.

        Parameters
        ----------
        name
            Its name.
        before, after
            What differs, as it is and as it is to be: of options and privileges too only those
            that differ. A new name is ``{"name": …}`` in `after`.
        """
        operations.invoke(cls(*both_states(Server, {"name": name}, before, after)))


@operation("drop_server", Server)
class DropServerOp(ForeignOperation):
    """DROP SERVER."""

    @classmethod
    def drop_server(cls, operations: Operations, name: str) -> None:
        """Drop a foreign server, on which nothing may depend any more.

        Parameters
        ----------
        name
            Its name.
        """
        operations.invoke(cls(Server(name), None, known=False))
