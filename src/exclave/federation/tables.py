"""A member's table as the hub holds it, and the joined table that shows those of all members."""

from __future__ import annotations

from dataclasses import dataclass

from exclave.federation.columns import JoinedColumn, MemberColumn


@dataclass(frozen=True, slots=True)
class MemberTable:
    """A table of one member.

    Parameters
    ----------
    slug
        The member.
    table
        The joined table's name.
    remote_schema, remote_table
        What it is called at the member.
    columns
        Its columns that are joined, in the order of the member's.
    key
        The columns that tell its rows apart; empty when there are none.
    writable
        Whether the joined table may write to it.
    """

    slug: str
    table: str
    remote_schema: str
    remote_table: str
    columns: tuple[MemberColumn, ...]
    key: tuple[str, ...]
    writable: bool


@dataclass(frozen=True, slots=True)
class JoinedTable:
    """A table that shows the rows of all members.

    Parameters
    ----------
    name
        Its name.
    columns
        Its columns, but for the member column that comes first.
    key
        The columns that tell the rows of one member apart; empty when there are none.
    """

    name: str
    columns: tuple[JoinedColumn, ...]
    key: tuple[str, ...]
