"""Several values of one kind, as a declaration gives them."""

from __future__ import annotations

from collections.abc import Iterable
from types import UnionType
from typing import TypeVar, cast

from exclave.errors import DeclarationError

_T = TypeVar("_T")


def collected(
    values: Iterable[_T], kind: type[_T] | UnionType, what: str, example: str
) -> tuple[_T, ...]:
    """Check that a declaration gives several values of a kind.

    Parameters
    ----------
    values
        The values. A string is refused, although it is a sequence of strings.
    kind
        What each must be.
    what
        What they are, for the message, such as ``'columns of foreign table "t"'``.
    example
        How to write them, for the message.

    Raises
    ------
    DeclarationError
        When they are no such values.
    """
    if isinstance(values, Iterable) and not isinstance(values, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        given = tuple(values)
        if all(isinstance(value, kind) for value in given):
            return given
        values = given
    raise DeclarationError(
        f"The {what} must be a list such as [{example}], not {cast('object', values)!r}."
    )
