"""One change of one object, and its way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from exclave.objects import (
    Extension,
    ForeignObject,
    ForeignTable,
    MaterializedView,
    Schema,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.objects.grant import Grants
from exclave.plan import (
    extension,
    foreign_table,
    materialized_view,
    schema,
    server,
    user_mapping,
    wrapper,
)
from exclave.plan.noun import Noun
from exclave.plan.statement import Statement

Action = Literal["create", "alter", "replace", "drop"]

NOUNS: Mapping[type[ForeignObject], Noun] = {
    Schema: cast("Noun", schema),
    Extension: cast("Noun", extension),
    Wrapper: cast("Noun", wrapper),
    Server: cast("Noun", server),
    UserMapping: cast("Noun", user_mapping),
    ForeignTable: cast("Noun", foreign_table),
    MaterializedView: cast("Noun", materialized_view),
}
"""The module of each noun, in the order in which objects are created."""


def noun_of(value: ForeignObject) -> Noun:
    """Give the module that writes an object's SQL."""
    return NOUNS[type(value)]


@dataclass(frozen=True, slots=True)
class Change:
    """What turns one state of an object into another; swapping the two gives the reverse.

    Parameters
    ----------
    before
        The object as it is; ``None`` when it is to be created.
    after
        The object as it is to be; ``None`` when it is to be dropped.
    reason
        Why it is replaced, when it cannot be altered; or, of a drop, why it is created again.
    cascade
        Whether dropping it may take along what depends on it.
    granted
        What default privileges will grant on it when it is created.
    """

    before: ForeignObject | None
    after: ForeignObject | None
    reason: str | None = None
    cascade: bool = False
    granted: Grants = field(default=frozenset(), compare=False)

    @property
    def action(self) -> Action:
        """What it does."""
        if self.before is None:
            return "create"
        if self.after is None:
            return "drop"
        return "replace" if self.reason else "alter"

    @property
    def subject(self) -> ForeignObject:
        """The object that it is about: as it is to be, or else as it is."""
        subject = self.after or self.before
        assert subject is not None
        return subject

    @property
    def statements(self) -> list[Statement]:
        """Its SQL, in order.

        Raises
        ------
        PlanError
            When it would have to write an option that the database would not show.
        """
        noun = noun_of(self.subject)
        if self.before is None:
            return noun.create(self.after, self.granted)
        if self.after is None:
            return noun.drop(self.before, cascade=self.cascade)
        if self.reason:
            return [
                *noun.drop(self.before, cascade=self.cascade),
                *noun.create(self.after, self.granted),
            ]
        return noun.alter(self.before, self.after)

    def reverse(self) -> Change:
        """Give the change that undoes this one."""
        return Change(self.after, self.before, self.reason, False, self.granted)

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
