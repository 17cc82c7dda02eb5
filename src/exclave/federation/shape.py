"""The shape of a federation: its tables, their layout and who may use them; a value in code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, cast

from exclave.errors import DeclarationError
from exclave.objects import QualifiedName
from exclave.objects.names import check_name, check_role

Layout = Literal["union", "inheritance"]
EnumsAs = Literal["text", "type"]

LAYOUTS: Final = ("union", "inheritance")
_SCHEMA_PATTERNS: Final[Mapping[str, str]] = MappingProxyType(
    {"union": "{federation}_{member}", "inheritance": "{member}"}
)


@dataclass(frozen=True, slots=True, init=False)
class FederatedTable:
    """A table that every member has, and how it is joined.

    Parameters
    ----------
    name
        The joined table's name; the members' tables are called so too, unless `at` says otherwise.
    at
        The table's name at members that call it otherwise, by slug: a name in the member's source
        schema, or a `QualifiedName`.
    only
        Take these columns alone.
    exclude
        Take all columns but these.
    types
        The types of joined columns, by name, where members' own types are not wanted or cannot be
        joined.
    key
        The columns that tell the rows of a member apart; ``None`` takes the primary key.
    omit
        Further sets of columns that an INSERT may leave to the remote's defaults together, beyond
        those that exclave provides for: all generated ones, all but the key, and the key alone.
    fetch_size
        Rows a round trip, 1 or more; ``None`` takes the server's.
    reference
        Whether the rows are the same at all members: then the joined table shows those of one
        member, the first by its slug that is not suspended. Each member's own table shows its own.
    stale
        Whether `Hub.refresh` keeps the last known rows on the hub for when the member is down.
    enums
        What an enum becomes that the hub does not have: ``"text"``, so that filters and sorts are
        sent, or ``"type"``, a type of its own on the hub.
    """

    name: str
    at: Mapping[str, QualifiedName]
    only: tuple[str, ...] | None
    exclude: tuple[str, ...]
    types: Mapping[str, str]
    key: tuple[str, ...] | None
    omit: tuple[tuple[str, ...], ...]
    fetch_size: int | None
    reference: bool
    stale: bool
    enums: EnumsAs

    def __init__(
        self,
        name: str,
        *,
        at: Mapping[str, QualifiedName | str] | None = None,
        only: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        types: Mapping[str, str] | None = None,
        key: Iterable[str] | None = None,
        omit: Iterable[Iterable[str]] = (),
        fetch_size: int | None = None,
        reference: bool = False,
        stale: bool = False,
        enums: EnumsAs = "text",
    ) -> None:
        assign = object.__setattr__
        assign(self, "name", check_name(name, "federated table"))
        named = {
            slug: given if isinstance(given, QualifiedName) else QualifiedName(given)
            for slug, given in (at or {}).items()
        }
        assign(self, "at", MappingProxyType(named))
        assign(self, "only", None if only is None else _names(only, f'only= of "{name}"'))
        assign(self, "exclude", _names(exclude, f'exclude= of "{name}"'))
        assign(self, "types", MappingProxyType(dict(types or {})))
        assign(self, "key", None if key is None else _names(key, f'key= of "{name}"'))
        assign(self, "omit", tuple(_names(each, f'omit= of "{name}"') for each in omit))
        assign(self, "fetch_size", fetch_size)
        assign(self, "reference", reference)
        assign(self, "stale", stale)
        assign(self, "enums", enums)
        self._check()

    def _check(self) -> None:
        if self.only is not None and self.exclude:
            raise DeclarationError(f"{self}: give only= or exclude=, not both.")
        if self.only is not None and not self.only:
            raise DeclarationError(f"{self}: only= names no column; name at least one.")
        if self.fetch_size is not None and self.fetch_size < 1:
            raise DeclarationError(f"{self}: fetch_size must be 1 or more, not {self.fetch_size}.")
        if self.enums not in ("text", "type"):
            raise DeclarationError(f'{self}: enums must be "text" or "type", not {self.enums!r}.')
        if self.key is not None and not self.key:
            raise DeclarationError(f"{self}: key= names no column; name some, or leave it out.")

    def takes(self, column: str) -> bool:
        """Tell whether a member's column is among those that are joined."""
        if self.only is not None:
            return column in self.only
        return column not in self.exclude

    def source(self, slug: str, source_schema: str) -> QualifiedName:
        """Give the name of the table at a member, with its schema there."""
        there = self.at.get(slug, QualifiedName(self.name))
        return QualifiedName(there.name, there.schema or source_schema)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, as the registry keeps it."""
        return {
            "name": self.name,
            "at": {slug: [there.schema, there.name] for slug, there in sorted(self.at.items())},
            "only": None if self.only is None else list(self.only),
            "exclude": list(self.exclude),
            "types": dict(sorted(self.types.items())),
            "key": None if self.key is None else list(self.key),
            "omit": [list(each) for each in self.omit],
            "fetch_size": self.fetch_size,
            "reference": self.reference,
            "stale": self.stale,
            "enums": self.enums,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FederatedTable:
        """Read what `to_dict` gave."""
        at = {slug: QualifiedName(name, schema) for slug, (schema, name) in data["at"].items()}
        return cls(**cast("dict[str, Any]", {**data, "at": at}))

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return f'federated table "{self.name}"'


def _names(given: Iterable[str], what: str) -> tuple[str, ...]:
    if isinstance(given, str):
        raise DeclarationError(f"{what} must be a list of column names, not the string {given!r}.")
    names = tuple(check_name(name, "column") for name in given)
    if len(set(names)) < len(names):
        raise DeclarationError(f"{what} names a column twice: {', '.join(names)}.")
    return names


@dataclass(frozen=True, slots=True, init=False)
class Federation:
    """A schema on the hub whose tables show the rows of all members.

    Parameters
    ----------
    name
        The name of the schema.
    tables
        The tables: names, or `FederatedTable` values.
    source_schema
        The schema that holds the tables at the members.
    member_column
        The joined tables' first column, which holds the member's slug.
    layout
        ``"union"``: the joined tables are views of UNION ALL; members may differ.
        ``"inheritance"``: also a parent table from which members' tables inherit, and a column
        ``tableoid``; all members must have all columns.
    member_schema
        The pattern of the name of a member's server and schema on the hub, of ``{federation}``
        and ``{member}``. Layout ``"union"`` takes both, ``"inheritance"`` the slug alone.
    readers, writers
        Roles that may read the joined tables, and roles that may write to them too.
    server_options
        Options of every member's server, over those that exclave sets by itself; ``None`` as
        a value takes away what exclave would set.
    """

    name: str
    tables: tuple[FederatedTable, ...]
    source_schema: str
    member_column: str
    layout: Layout
    member_schema: str
    readers: frozenset[str]
    writers: frozenset[str]
    server_options: Mapping[str, str | None] = field(hash=False)

    def __init__(
        self,
        name: str,
        tables: Iterable[FederatedTable | str],
        source_schema: str = "public",
        member_column: str = "member",
        layout: Layout = "union",
        *,
        member_schema: str | None = None,
        readers: Iterable[str] = (),
        writers: Iterable[str] = (),
        server_options: Mapping[str, object] | None = None,
    ) -> None:
        assign = object.__setattr__
        assign(self, "name", check_name(name, "federation"))
        if isinstance(tables, str):
            raise DeclarationError(f'{self}: tables must be a list, not the string "{tables}".')
        made = (
            each if isinstance(each, FederatedTable) else FederatedTable(each) for each in tables
        )
        assign(self, "tables", tuple(made))
        assign(self, "source_schema", check_name(source_schema, "schema"))
        assign(self, "member_column", check_name(member_column, "column"))
        assign(self, "layout", layout)
        if layout not in LAYOUTS:
            raise DeclarationError(
                f"{self}: the layout must be one of {', '.join(LAYOUTS)}, not {layout!r}."
            )
        assign(self, "member_schema", member_schema or _SCHEMA_PATTERNS[layout])
        assign(self, "readers", _roles(readers, f"readers of {self}"))
        assign(self, "writers", _roles(writers, f"writers of {self}"))
        options = {
            key: None if value is None else _option(value)
            for key, value in (server_options or {}).items()
        }
        assign(self, "server_options", MappingProxyType(options))
        self._check()

    def _check(self) -> None:
        names = [table.name for table in self.tables]
        if twice := {name for name in names if names.count(name) > 1}:
            raise DeclarationError(f"{self}: two tables are called {', '.join(sorted(twice))}.")
        try:
            pattern = self.member_schema.format(federation=self.name, member="")
        except (KeyError, IndexError, ValueError):
            pattern = None
        if pattern is None or "{member}" not in self.member_schema:
            raise DeclarationError(
                f"{self}: member_schema must hold {{member}}, and may hold {{federation}}; "
                f"{self.member_schema!r} does not fit."
            )

    def table(self, name: str) -> FederatedTable:
        """Give a table by its name.

        Raises
        ------
        DeclarationError
            When there is none of that name; the message lists those that are.
        """
        for table in self.tables:
            if table.name == name:
                return table
        known = ", ".join(table.name for table in self.tables)
        raise DeclarationError(f'{self} has no table "{name}"; it has {known}.')

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, as the registry keeps it."""
        return {
            "name": self.name,
            "tables": [table.to_dict() for table in self.tables],
            "source_schema": self.source_schema,
            "member_column": self.member_column,
            "layout": self.layout,
            "member_schema": self.member_schema,
            "readers": sorted(self.readers),
            "writers": sorted(self.writers),
            "server_options": dict(sorted(self.server_options.items())),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Federation:
        """Read what `to_dict` gave."""
        tables = [FederatedTable.from_dict(table) for table in data["tables"]]
        return cls(**cast("dict[str, Any]", {**data, "tables": tables}))

    def __str__(self) -> str:
        return f'federation "{self.name}"'


def _roles(given: Iterable[str], what: str) -> frozenset[str]:
    if isinstance(given, str):
        raise DeclarationError(f"The {what} must be a list of roles, not the string {given!r}.")
    return frozenset(check_role(role, "role") for role in given)


def _option(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(cast("Any", value))
