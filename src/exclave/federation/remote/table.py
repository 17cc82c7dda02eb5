"""Tables of a remote database, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

TableKey = tuple[str, str]
"""The schema and the name of a table at the remote."""


@dataclass(frozen=True, slots=True)
class RemoteColumn:
    """A column of a table at the remote.

    Parameters
    ----------
    name
        Its name.
    number
        Its number there (``pg_attribute.attnum``); a rename leaves it, a new column has a new one.
    type
        How the hub spells its type, without a modifier, and that of a domain's base; ``None``
        where the hub has no such type, and for an enum.
    declared
        How the remote spells it, with its modifier; types of its own with their schema.
    typmod
        The modifier as the catalog keeps it; -1 is none.
    not_null
        Whether no row holds NULL in it: it, or its domain, is NOT NULL, and that was checked.
    collation
        Its collation, with its schema; ``None`` for that of the type.
    has_default
        Whether an omitted value becomes a default, of its own or of its domain.
    default
        The default as SQL, where it is shown; it is shown to who has a right on the column.
    default_is_constant
        Whether the default is a constant; ``None`` without a default.
    default_digest
        A digest of the default, whether it is shown or not; ``None`` without a default.
    identity
        ``a`` for GENERATED ALWAYS AS IDENTITY, ``d`` for BY DEFAULT, else empty.
    generated
        ``s`` for a stored generated column, ``v`` for a virtual one, else empty.
    enum
        The labels in their order, where it, its domain or its elements are of an enum.
    enum_name
        The enum's name with its schema.
    domain
        The name of its domain, with its schema; of the elements' domain for an array.
    array
        Whether it is an array.
    unknown
        Why it has no `type`, for a message; ``None`` for one that has, and for an enum.
    former_name
        Under which name it is joined, when it was renamed since; ``None`` for its own.
    sorts_as
        The hub's collation by which it sorts there, or would as text; ``None`` for the hub's
        default.
    sorts_alike
        Whether there is such a collation.
    """

    name: str
    number: int
    type: str | None
    declared: str
    typmod: int = -1
    not_null: bool = False
    collation: str | None = None
    has_default: bool = False
    default: str | None = None
    default_is_constant: bool | None = None
    default_digest: str | None = None
    identity: str = ""
    generated: str = ""
    enum: tuple[str, ...] | None = None
    enum_name: str | None = None
    domain: str | None = None
    array: bool = False
    unknown: str | None = None
    former_name: str | None = None
    sorts_as: str | None = None
    sorts_alike: bool = True

    @property
    def joined_name(self) -> str:
        """The name under which it is joined."""
        return self.former_name or self.name

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data for JSON."""
        data = asdict(self)
        return data | {"enum": None if self.enum is None else list(self.enum)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RemoteColumn:
        """Read what `to_dict` gave."""
        enum = data.get("enum")
        kept: dict[str, Any] = {**data, "enum": None if enum is None else tuple(enum)}
        return cls(**kept)


@dataclass(frozen=True, slots=True)
class RemoteTable:
    """A table, a view or a foreign table at the remote.

    Parameters
    ----------
    schema, name
        What it is called there.
    kind
        Its ``relkind``: ``r`` and ``p`` for tables, ``v`` and ``m`` for views, ``f`` for a foreign
        table.
    columns
        Its columns in the order of their numbers.
    key
        The columns of its primary key, else of a UNIQUE constraint or index on NOT NULL columns;
        empty when there is none.
    oid
        What identifies it there; another one says that it was made anew.
    options
        Of a table that was declared, since its wrapper tells nothing of it: the options of its
        foreign table. ``None`` for one that was read.
    """

    schema: str
    name: str
    kind: str
    columns: tuple[RemoteColumn, ...]
    key: tuple[str, ...]
    oid: int
    options: Mapping[str, str] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data for JSON."""
        data = asdict(self)
        return data | {
            "columns": [column.to_dict() for column in self.columns],
            "key": list(self.key),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RemoteTable:
        """Read what `to_dict` gave."""
        columns = tuple(RemoteColumn.from_dict(column) for column in data["columns"])
        kept: dict[str, Any] = {**data, "columns": columns, "key": tuple(data["key"])}
        return cls(**kept)

    @property
    def joined_key(self) -> tuple[str, ...]:
        """The names under which the columns of its key are joined."""
        names = {column.name: column.joined_name for column in self.columns}
        return tuple(names[name] for name in self.key)

    def column(self, name: str) -> RemoteColumn | None:
        """Give a column by its name; ``None`` when there is none of that name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class RemoteDatabase:
    """A remote database.

    Parameters
    ----------
    version
        ``server_version_num``, such as 180004.
    database
        Its name.
    oid
        What identifies it on its server.
    encoding
        Its encoding, such as ``UTF8``.
    collation
        The locale by which it sorts unless told otherwise.
    provider
        Who sorts: ``libc``, ``icu``, ``builtin``, or ``bytes`` where bytes are compared.
    sorts_as_hub
        Whether text without a collation of its own sorts there as it does on the hub.
    tables
        The tables that were found, by schema and name.
    missing
        Tables that were asked for and are not there.
    """

    version: int
    database: str
    oid: int
    encoding: str
    collation: str
    provider: str
    sorts_as_hub: bool
    tables: Mapping[TableKey, RemoteTable]
    missing: tuple[TableKey, ...] = ()
