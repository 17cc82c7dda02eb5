"""What all operations of this room share: two states of an object, one of which may be absent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from alembic.operations import Operations
from alembic.operations.ops import MigrateOperation

from exclave.objects import ForeignObject

if TYPE_CHECKING:
    from exclave.plan import Change

OPERATIONS: dict[tuple[type[ForeignObject], str], type[ForeignOperation]] = {}
"""The class of each kind of object and action."""

_Op = TypeVar("_Op", bound="type[ForeignOperation]")


class ForeignOperation(MigrateOperation):
    """One change of one foreign object.

    Parameters
    ----------
    before
        The object as it is; ``None`` for one that is created. For an alteration both states hold
        at least what differs.
    after
        The object as it is to be; ``None`` for one that is dropped.
    notes
        What a reader of a rendered migration should know of the state that it brings about, a
        sentence each.
    notes_of_reverse
        The same for its reverse.
    known
        ``False`` for a drop of which only the name is known, so that it cannot be reversed.
    """

    name: ClassVar[str]
    """What it is called on `op`, such as ``create_server``."""

    def __init__(
        self,
        before: ForeignObject | None,
        after: ForeignObject | None,
        *,
        notes: tuple[str, ...] = (),
        notes_of_reverse: tuple[str, ...] = (),
        known: bool = True,
    ) -> None:
        self.before = before
        self.after = after
        self.known = known
        self.notes = notes
        self.notes_of_reverse = notes_of_reverse

    @property
    def subject(self) -> ForeignObject:
        """The object: as it is to be, or else as it is."""
        subject = self.after or self.before
        assert subject is not None
        return subject

    @property
    def change(self) -> Change:
        """The same for the engine."""
        from exclave.plan import Change

        return Change(self.before, self.after)

    def reverse(self) -> ForeignOperation:
        """Give the operation that undoes this one.

        Raises
        ------
        ValueError
            For a drop that was written by hand, as Alembic's own drops do.
        """
        if not self.known:
            raise ValueError(f"{self.subject}: only its name is known, so its drop has no reverse.")
        return operation_of(
            self.after,
            self.before,
            notes=self.notes_of_reverse,
            notes_of_reverse=self.notes,
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Give what `alembic check` prints; no value of a secret is in it."""
        return (self.name, *(value for value in (self.before, self.after) if value is not None))


def operation_of(
    before: ForeignObject | None, after: ForeignObject | None, **more: Any
) -> ForeignOperation:
    """Make the operation of a change.

    Parameters
    ----------
    before, after
        The two states; one of them may be ``None``.
    more
        As for `ForeignOperation`.
    """
    action = "create" if before is None else "drop" if after is None else "alter"
    kind = type(after or before)
    return OPERATIONS[cast("type[ForeignObject]", kind), action](before, after, **more)


def operation(name: str, kind: type[ForeignObject]) -> Callable[[_Op], _Op]:
    """Have a class as the operation of an action on a kind of object, and as a method of `op`.

    Parameters
    ----------
    name
        Such as ``create_server``; the class has a class method of that name.
    kind
        The class of the objects.
    """

    def register(op: _Op) -> _Op:
        op.name = name
        OPERATIONS[kind, name.partition("_")[0]] = op
        return Operations.register_operation(name)(op)

    return register


def both_states(
    kind: Callable[..., Any],
    names: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> tuple[Any, Any]:
    """Make the two states of an alteration from what differs between them.

    Parameters
    ----------
    kind
        The class of the object.
    names
        What identifies it before.
    before, after
        The properties that differ; a new name is among those of `after`.
    """
    return kind(**{**names, **before}), kind(**{**names, **after})


def schema_of(operations: Operations, schema: str | None) -> str:
    """Give a schema, or the connection's default one, which is ``public`` with ``--sql``."""
    return schema or operations.get_context().dialect.default_schema_name or "public"
