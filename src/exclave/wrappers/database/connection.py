"""What the wrapper needs of a connection, be it SQLAlchemy's or ADBC's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.engine import Dialect
from sqlalchemy.sql import Executable

Row = tuple[Any, ...]


class Connection(Protocol):
    """A connection in a transaction, to one database as one user."""

    dialect: Dialect
    backend: str
    """A row of `exactness.EXACT`."""
    typed: bool
    """Whether texts are sent as values of type text, see `values.placeholder`."""

    @property
    def broken(self) -> bool:
        """Whether it can be used no more, as an interrupt left it amid something."""
        ...

    def scan(self, statement: Executable, values: Mapping[str, Any], size: int) -> Iterable[Any]:
        """Run a query; gives lists of `size` rows, or record batches if `typed`."""
        ...

    def returned(self, statement: Executable, values: Mapping[str, Any]) -> list[Row]:
        """Run a statement, and give all rows that it returns."""
        ...

    def run(self, statement: Executable, values: Mapping[str, Any]) -> int:
        """Run a statement that returns no rows, and say how many it changed."""
        ...

    def run_each(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement for each of many rows."""
        ...

    def begin(self) -> None:
        """Begin a transaction."""
        ...

    def commit(self) -> None:
        """Commit it."""
        ...

    def rollback(self) -> None:
        """Roll it back."""
        ...

    def savepoint(self, name: str) -> None:
        """Set a savepoint."""
        ...

    def release(self, name: str) -> None:
        """Release a savepoint."""
        ...

    def rollback_to(self, name: str) -> None:
        """Roll back to a savepoint, and release it."""
        ...

    def close(self) -> None:
        """Close it, whatever state it is in."""
        ...
