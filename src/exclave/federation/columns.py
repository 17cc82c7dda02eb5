"""Columns of members' tables, and of the joined tables that show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


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
    """

    name: str
    type: str
    enum: tuple[str, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, as the registry keeps it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> JoinedColumn:
        """Read what `to_dict` gave."""
        enum = data.get("enum")
        return cls(data["name"], data["type"], None if enum is None else tuple(enum))
