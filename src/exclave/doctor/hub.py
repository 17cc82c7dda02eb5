"""What the checks know of the hub: its catalog, and what the current role may do with it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from exclave.catalog import Connection, Snapshot, read
from exclave.catalog.collation import Collation
from exclave.doctor.query import query
from exclave.objects import ForeignTable, Options, Server, UserMapping
from exclave.objects.names import PUBLIC

TableKey = tuple[str, str]
"""Schema and name of a foreign table."""

_T = TypeVar("_T", ForeignTable, UserMapping)
_TRUE = frozenset({"true", "on", "yes", "1", "t", "y"})


@dataclass(frozen=True, slots=True)
class Hub:
    """The hub, as the current role sees it.

    Parameters
    ----------
    snapshot
        The foreign objects, and who asks.
    max_connections
        How many sessions it takes, less those reserved.
    connection_limit
        How many of them its database takes; -1 is no limit.
    may_make_temporary
        Whether the role may make temporary tables.
    read_only
        Whether the transaction can change nothing, as on a standby.
    collation
        How its database sorts text.
    role_limits
        The connection limit of each role; -1 is none.
    superusers
        The roles that are superusers.
    usable_servers, own_servers
        The servers on which the role has USAGE, and those it owns.
    unreadable
        Foreign tables that the role may not read.
    closed_schemas
        Schemas on which the role has no USAGE.
    unanalyzed
        Foreign tables without statistics.
    tables, mappings
        Foreign tables and user mappings by their server's name.
    """

    snapshot: Snapshot
    max_connections: int
    connection_limit: int
    may_make_temporary: bool
    read_only: bool
    collation: Collation
    role_limits: Mapping[str, int]
    superusers: frozenset[str]
    usable_servers: frozenset[str]
    own_servers: frozenset[str]
    unreadable: frozenset[TableKey]
    closed_schemas: frozenset[str]
    unanalyzed: frozenset[TableKey]
    tables: Mapping[str, list[ForeignTable]]
    mappings: Mapping[str, list[UserMapping]]

    @property
    def role(self) -> str:
        """The current role."""
        return self.snapshot.role

    def tables_of(self, server: Server) -> Sequence[ForeignTable]:
        """Give the foreign tables of a server."""
        return self.tables.get(server.name, ())

    def mappings_of(self, server: Server) -> Sequence[UserMapping]:
        """Give the user mappings of a server."""
        return self.mappings.get(server.name, ())

    def mapping_of(self, server: Server) -> UserMapping | None:
        """Give the user mapping with which the current role reaches a server."""
        mappings = self.snapshot.catalog.user_mappings
        for role in (self.role, PUBLIC):
            if (server.name, role) in mappings:
                return mappings[server.name, role]
        return None

    def is_concerned(self, server: Server) -> bool:
        """Tell whether the current role has to do with a server."""
        return (
            server.name in self.usable_servers
            or (server.name, self.role) in self.snapshot.catalog.user_mappings
            or any(table.key not in self.unreadable for table in self.tables_of(server))
        )

    def is_postgres(self, server: Server) -> bool:
        """Tell whether a server's wrapper is postgres_fdw, whatever it is called."""
        wrapper = self.snapshot.catalog.wrappers.get(server.wrapper)
        handler = wrapper.handler if wrapper else None
        return handler is not None and handler.name == "postgres_fdw_handler"


def option_of(name: str, table: ForeignTable | None, server: Server) -> str | None:
    """Give an option that a table may set over its server."""
    for options in (table.options if table else Options(), server.options):
        value = options.get(name)
        if value is not None:
            return value if isinstance(value, str) else None
    return None


def is_on(value: str | None, *, default: bool = False) -> bool:
    """Read an option as PostgreSQL reads a boolean."""
    return default if value is None else value.lower() in _TRUE


def read_hub(connection: Connection) -> Hub:
    """Read the hub; nothing is changed.

    Raises
    ------
    CatalogError
        As `exclave.catalog.read`.
    """
    snapshot = read(connection)
    ((text,),) = connection.fetch(query("hub"))
    row: dict[str, Any] = json.loads(text)
    return Hub(
        snapshot=snapshot,
        max_connections=row["max_connections"],
        connection_limit=row["database"]["datconnlimit"],
        may_make_temporary=row["may_make_temporary"],
        read_only=row["read_only"],
        collation=Collation.of(row["database"], row["encoding"]),
        role_limits=row["role_limits"],
        superusers=frozenset(row["superusers"] or ()),
        usable_servers=frozenset(row["usable_servers"] or ()),
        own_servers=frozenset(row["own_servers"] or ()),
        unreadable=_keys(row["unreadable"]),
        closed_schemas=frozenset(row["closed_schemas"] or ()),
        unanalyzed=_keys(row["unanalyzed"]),
        tables=_by_server(snapshot.catalog.foreign_tables.values()),
        mappings=_by_server(snapshot.catalog.user_mappings.values()),
    )


def _by_server(values: Iterable[_T]) -> Mapping[str, list[_T]]:
    found: defaultdict[str, list[_T]] = defaultdict(list)
    for value in values:
        found[value.server].append(value)
    return found


def _keys(rows: list[list[str]] | None) -> frozenset[TableKey]:
    return frozenset((schema, name) for schema, name in rows or ())
