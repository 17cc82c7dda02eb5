"""Columns of members' tables, and of the joined tables that show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from exclave.objects.quoting import quote_identifier


@dataclass(frozen=True, slots=True)
class MemberColumn:
    """A column of a member's table, as the hub declares and joins it.

    Parameters
    ----------
    name
        The joined column's name, which the foreign table's column has too.
    remote_name
        What it is called at the member.
    number
        Its number there (``pg_attribute.attnum``), by which a rename is told from a new column.
    type
        The type with which the foreign table declares it.
    cast
        The type to which its branch casts it; ``None`` where no cast is needed.
    collation
        The collation with which the foreign table declares it; ``None`` for the type's own.
    generated
        Whether the member gives it a value when none is sent, in a way that only the member can:
        identity, a sequence, or any other default that is no constant.
    constant
        The SQL text of the default, where that is a constant and can be seen.
    always
        Whether it is GENERATED ALWAYS at the member, so that no value may be sent.
    not_null
        Whether it is NOT NULL at the member.
    remote
        What the member said of it, for a later comparison: plain data.
    opaque
        Whether the hub has no type like the member's, as for an enum: it is declared as text, and
        a value or a condition that is sent as one of text may be refused there.
    sorted_by
        The collation that its branch gives it, where the member sorts its text in another way
        than the joined column is sorted; filters and sorts of it then stay on the hub.
    """

    name: str
    remote_name: str
    number: int
    type: str
    cast: str | None = None
    collation: str | None = None
    generated: bool = False
    constant: str | None = None
    always: bool = False
    not_null: bool = False
    remote: Mapping[str, Any] | None = None
    opaque: bool = False
    sorted_by: str | None = None

    @property
    def expression(self) -> str:
        """What stands for it in its member's branch, as SQL.

        Notes
        -----
        postgres_fdw never sends GREATEST, which of one argument gives that argument; a cast or
        COLLATE "default" alone it leaves out when it sends ORDER BY (tried on 15 and 18).
        """
        name = quote_identifier(self.name)
        cast = f"{name}::{self.cast}" if self.cast else name
        return f"GREATEST({cast} COLLATE {self.sorted_by})" if self.sorted_by else cast

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, as the registry keeps it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MemberColumn:
        """Read what `to_dict` gave."""
        return cls(**data)


@dataclass(frozen=True, slots=True)
class JoinedColumn:
    """A column of a joined table.

    Parameters
    ----------
    name
        Its name.
    type
        Its type, without a modifier, and no domain.
    enum
        The labels, in order, of the enum that it is to be on the hub; ``None`` for no enum.
    collation
        Its collation, with its schema; ``None`` for that of the type.
    declared
        The type that a parent table of members' tables has for it, where that is another.
    """

    name: str
    type: str
    enum: tuple[str, ...] | None = None
    collation: str | None = None
    declared: str | None = None

    @property
    def null(self) -> str:
        """NULL of its type and collation, as SQL."""
        return f"NULL::{self.type}" + self._collate

    @property
    def definition(self) -> str:
        """Its definition in a parent table of members' tables, as SQL."""
        return f"{quote_identifier(self.name)} {self.declared or self.type}" + self._collate

    @property
    def _collate(self) -> str:
        return f" COLLATE {self.collation}" if self.collation else ""

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, as the registry keeps it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> JoinedColumn:
        """Read what `to_dict` gave."""
        enum = data.get("enum")
        kept: dict[str, Any] = {**data, "enum": None if enum is None else tuple(enum)}
        return cls(**kept)
