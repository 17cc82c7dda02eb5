"""`op.create_wrapper`, `op.alter_wrapper` and `op.drop_wrapper`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from alembic.operations import Operations

from exclave.alembic.operations.operation import ForeignOperation, both_states, operation
from exclave.objects import QualifiedName, Wrapper
from exclave.objects.grant import GrantsInput
from exclave.objects.options import NO_OPTIONS, OptionInput


class WrapperProperties(TypedDict, total=False):
    """What can be altered of a foreign-data wrapper; as in `exclave.Wrapper`."""

    name: str
    handler: QualifiedName | str | None
    validator: QualifiedName | str | None
    options: Mapping[str, OptionInput]
    owner: str | None
    grants: GrantsInput | None
    comment: str | None


@operation("create_wrapper", Wrapper)
class CreateWrapperOp(ForeignOperation):
    """CREATE FOREIGN DATA WRAPPER, with its owner, privileges and comment."""

    @classmethod
    def create_wrapper(
        cls,
        operations: Operations,
        name: str,
        *,
        handler: QualifiedName | str | None = None,
        validator: QualifiedName | str | None = None,
        options: Mapping[str, OptionInput] = NO_OPTIONS,
        owner: str | None = None,
        grants: GrantsInput | None = None,
        comment: str | None = None,
        extension: str | None = None,
    ) -> None:
        """Create a foreign-data wrapper.

        Parameters
        ----------
        name, handler, validator, options, owner, grants, comment
            As in `exclave.Wrapper`.
        extension
            The extension that has created the wrapper; then only its options, owner, privileges
            and comment are set.
        """
        wrapper = Wrapper(
            name,
            handler=handler,
            validator=validator,
            options=options,
            owner=owner,
            grants=grants,
            comment=comment,
            extension=extension,
        )
        operations.invoke(cls(None, wrapper))


@operation("alter_wrapper", Wrapper)
class AlterWrapperOp(ForeignOperation):
    """ALTER FOREIGN DATA WRAPPER, with its owner, privileges and comment."""

    @classmethod
    def alter_wrapper(
        cls,
        operations: Operations,
        name: str,
        *,
        before: WrapperProperties,
        after: WrapperProperties,
    ) -> None:
        """Alter a foreign-data wrapper in place.

        Parameters
        ----------
        name
            Its name.
        before, after
            What differs, as it is and as it is to be: of options and privileges too only those
            that differ. A new name is ``{"name": …}`` in `after`.
        """
        operations.invoke(cls(*both_states(Wrapper, {"name": name}, before, after)))


@operation("drop_wrapper", Wrapper)
class DropWrapperOp(ForeignOperation):
    """DROP FOREIGN DATA WRAPPER."""

    @classmethod
    def drop_wrapper(
        cls, operations: Operations, name: str, *, extension: str | None = None
    ) -> None:
        """Drop a foreign-data wrapper, on which nothing may depend any more.

        Parameters
        ----------
        name
            Its name.
        extension
            The extension that has created it and drops it; then nothing is done.
        """
        operations.invoke(cls(Wrapper(name, extension=extension), None, known=False))
