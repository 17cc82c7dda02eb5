"""A member's table as the hub holds it, and the joined table that shows those of all members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exclave.federation.columns import JoinedColumn, MemberColumn
from exclave.federation.remote import RemoteTable


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
    remote
        The table as the member gave it, when its columns were last read.
    """

    slug: str
    table: str
    remote_schema: str
    remote_table: str
    columns: tuple[MemberColumn, ...]
    key: tuple[str, ...]
    writable: bool
    remote: RemoteTable


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
    chunks
        A digest of the query of each of its chunks, by the chunk's number.
    """

    name: str
    columns: tuple[JoinedColumn, ...]
    key: tuple[str, ...]
    chunks: Mapping[int, str] = field(default_factory=dict[int, str], hash=False)
