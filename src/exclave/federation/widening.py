"""The type that holds the values of several: which types can be joined, and how."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

INTEGERS: Final = ("smallint", "integer", "bigint")
TEXTS: Final = frozenset({"text", "character varying", "bpchar", "name"})
"""Types whose values can all be text; their values sort by a collation."""

_WIDER: Final = (
    *((narrow, wide) for place, narrow in enumerate(INTEGERS) for wide in INTEGERS[place + 1 :]),
    *((narrow, "numeric") for narrow in INTEGERS),
    ("real", "double precision"),
    ("date", "timestamp without time zone"),
    *((narrow, "text") for narrow in sorted(TEXTS - {"text"})),
)

_DIRECT: Final = frozenset(
    (narrow, wide)
    for narrow, wide in _WIDER
    if wide in INTEGERS or (narrow, wide) == ("character varying", "text")
)


def joined_type(types: Iterable[str]) -> str | None:
    """Give the narrowest type that holds the values of all of some types exactly.

    Parameters
    ----------
    types
        At least one, spelled as by PostgreSQL's `format_type`, without a modifier.

    Returns
    -------
    str or None
        One of them, or ``text`` for different types of text; ``None`` when there is none.
    """
    given = dict.fromkeys(types)
    if all(each.endswith("[]") for each in given):
        element = joined_type(each.removesuffix("[]") for each in given)
        return element and f"{element}[]"
    candidates = [*given, "text"] if given.keys() <= TEXTS else [*given]
    return next((wide for wide in candidates if all(widens(each, wide) for each in given)), None)


def widens(narrow: str, wide: str) -> bool:
    """Tell whether all values of one type are, exactly, values of another or the same."""
    if narrow.endswith("[]") and wide.endswith("[]"):
        return widens(narrow[:-2], wide[:-2])
    return narrow == wide or (narrow, wide) in _WIDER


def is_direct(narrow: str, wide: str) -> bool:
    """Tell whether a foreign table may declare a column with a wider type than the remote's.

    Filters and sorts are then sent as they are, so that the remote can use its indexes. It must
    give the same there. Integers declared as numeric do not, since ``a / b`` divides integers
    there; a date declared as a timestamp is compared with ``'2024-01-09 12:00'`` as a date; a real
    does not equal the double precision number that is written alike; and character compares
    without trailing blanks (tried on 15 and 18).
    """
    return narrow == wide or (narrow, wide) in _DIRECT


def is_text(spelled: str) -> bool:
    """Tell whether values of a type, or its elements, sort by a collation."""
    return spelled.removesuffix("[]") in TEXTS
