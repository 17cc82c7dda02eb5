"""A secret that was found in a dump."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Where a secret stood, and of which kind it was; never what it was.

    Parameters
    ----------
    line
        The line of the dump, the first one being 1.
    what
        Such as ``option password of a user mapping``.
    """

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}"
