"""What every noun's module in this room offers, in the same order."""

from __future__ import annotations

from typing import Any, Protocol

from exclave.objects.grant import Grants
from exclave.plan.statement import Statement


class Noun(Protocol):
    """A module such as `exclave.plan.server`."""

    def merge(self, actual: Any, desired: Any) -> Any:
        """Fill what a declaration leaves open with what is there."""
        ...

    def replaced_because(self, before: Any, after: Any) -> str | None:
        """Tell why PostgreSQL cannot alter one into the other, if it cannot."""
        ...

    def create(self, value: Any, granted: Grants = frozenset()) -> list[Statement]:
        """Give the statements that create an object, which default privileges grant on."""
        ...

    def alter(self, before: Any, after: Any) -> list[Statement]:
        """Give the statements that turn one object into another."""
        ...

    def drop(self, value: Any, *, cascade: bool = False) -> list[Statement]:
        """Give the statements that drop an object."""
        ...
