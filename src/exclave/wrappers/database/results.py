"""Results that are read bit by bit while the connection is needed for something else."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Part = TypeVar("Part")


class Result(Generic[Part]):
    """A result in parts: lists of rows, or record batches.

    Parameters
    ----------
    parts
        Fetches one part after the other.
    """

    def __init__(self, parts: Iterator[Part]) -> None:
        self._parts = parts
        self._kept: deque[Part] = deque()

    def __iter__(self) -> Iterator[Part]:
        return self

    def __next__(self) -> Part:
        return self._kept.popleft() if self._kept else next(self._parts)

    def fetch_all(self) -> None:
        """Fetch what is left into memory, so that the connection is free."""
        self._kept.extend(self._parts)

    def close(self) -> None:
        """Fetch no more."""
        self._kept.clear()
        close = getattr(self._parts, "close", None)
        if close is not None:
            close()


class OpenResults:
    """Those of a connection that are not read to their end.

    Most connections do one thing at a time: before the next statement, what is left of the others
    is fetched. A query that scans only one table of a server is not touched by that.
    """

    def __init__(self) -> None:
        self._open: weakref.WeakSet[Result[object]] = weakref.WeakSet()

    def add(self, result: Result[object]) -> None:
        """Remember a result that was begun."""
        self._open.add(result)

    def free(self) -> None:
        """Fetch what is left of all results."""
        for result in list(self._open):
            result.fetch_all()
        self._open.clear()

    def close(self) -> None:
        """Forget what is left of all results."""
        for result in list(self._open):
            result.close()
        self._open.clear()
