"""The foreign tables of one member's table: the plain one, and those for inserts.

postgres_fdw sends every column of a foreign table, those that were left out as NULL. A column
that is declared GENERATED it sends as DEFAULT. So which columns the member shall generate is
chosen by the foreign table that is written to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from exclave.federation.columns import MemberColumn
from exclave.federation.shape import FederatedTable
from exclave.federation.tables import MemberTable

CONSTANT = r"^\(?('(?:[^']|'')*'|-?[0-9]+(?:\.[0-9]+)?|true|false)\)?(?:::.*)?$"
"""A constant as PostgreSQL prints a default; the first group is safe to be sent as SQL."""

_CONSTANT = re.compile(CONSTANT, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Variant:
    """A foreign table for a member's table.

    Parameters
    ----------
    name
        What its name has behind the table's; empty for the plain foreign table.
    omitted
        The columns that an INSERT into it leaves to the member.
    """

    name: str
    omitted: frozenset[str]


def constant_of(column: MemberColumn) -> str | None:
    """Give the constant that a column's default is, as SQL without a type.

    Returns
    -------
    str or None
        A number, a string in quotes, ``true`` or ``false``; ``None`` when it is none of these:
        then the member has to generate the value.
    """
    if column.generated or column.constant is None:
        return None
    found = _CONSTANT.match(column.constant)
    return found and found[1]


def is_left(column: MemberColumn) -> bool:
    """Tell whether the member has to generate the value of a column that is left out."""
    return (
        column.generated
        or column.always
        or (column.constant is not None and constant_of(column) is None)
    )


def variants_of(table: MemberTable, federated: FederatedTable) -> tuple[Variant, ...]:
    """Give the foreign tables of a member's table, the plain one first.

    Parameters
    ----------
    table
        The member's table.
    federated
        The table as the federation declares it; its `omit` asks for further variants.

    Returns
    -------
    tuple of Variant
        The plain one alone when the member generates nothing. ``new`` leaves all that it
        generates to it, ``keyed`` all but the key, ``unkeyed`` the key alone, ``given`` only what
        it generates ALWAYS, and ``omit1`` … the columns of `omit`. Those that leave the same
        columns are one, under the first of these names. Where the hub lacks the type of a column,
        there always is ``new``: all but the plain one declare it so that nothing of it is sent.
    """
    generated = frozenset(column.name for column in table.columns if is_left(column))
    always = frozenset(column.name for column in table.columns if column.always)
    key = frozenset(table.key)
    asked = {
        "": frozenset[str](),
        "new": generated,
        "keyed": (generated - key) | always,
        "unkeyed": (generated & key) | always,
        "given": always,
    }
    for number, columns in enumerate(federated.omit, 1):
        asked[f"omit{number}"] = (generated & frozenset(columns)) | always
    found: dict[frozenset[str], str] = {}
    for name, omitted in asked.items():
        found.setdefault(omitted, name)
    variants = [Variant(name, omitted) for omitted, name in found.items()]
    if not generated and any(column.opaque for column in table.columns):
        variants.append(Variant("new", frozenset()))
    return tuple(variants)
