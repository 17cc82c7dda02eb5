"""A fault: something that was broken on purpose, and that is put right again."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self


class Fault:
    """Something that is broken until `heal`, or until the end of a ``with`` block.

    Parameters
    ----------
    what
        What is broken, as `repr` shows it.
    undo
        What puts it right; called once.
    """

    def __init__(self, what: str, undo: Callable[[], None]) -> None:
        self._what = what
        self._undo: Callable[[], None] | None = undo

    @property
    def healed(self) -> bool:
        """Whether it was put right."""
        return self._undo is None

    def heal(self) -> None:
        """Put it right; it does nothing the second time."""
        undo, self._undo = self._undo, None
        if undo is not None:
            undo()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.heal()

    def __repr__(self) -> str:
        return f"<Fault: {self._what}{', healed' if self.healed else ''}>"
