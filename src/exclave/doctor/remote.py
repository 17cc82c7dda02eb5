"""What a look through the hub at one remote gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exclave.catalog.collation import Collation
from exclave.doctor.hub import TableKey
from exclave.objects import Server


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something could not be done.

    Parameters
    ----------
    sqlstate
        The SQLSTATE that the hub gave.
    message
        Its message and detail; the detail holds what the remote or libpq said.
    """

    sqlstate: str
    message: str


@dataclass(frozen=True, slots=True)
class RemoteColumn:
    """A column of a table on the remote.

    Parameters
    ----------
    name
        Its name.
    type
        Its type, as `exclave.objects.data_type.canonical_type` spells it.
    base
        For a column whose type is a domain, the type under it; else `type`.
    not_null
        Whether it is NOT NULL there.
    """

    name: str
    type: str
    base: str
    not_null: bool


@dataclass(frozen=True, slots=True)
class RemoteTable:
    """A table on the remote.

    Parameters
    ----------
    kind
        Its ``relkind``: ``r`` for a table, ``v`` for a view …
    columns
        The columns by name.
    """

    kind: str
    columns: Mapping[str, RemoteColumn]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections a remote takes.

    Parameters
    ----------
    server
        All in all, less those reserved.
    role, database
        For the mapped user, and in the database; -1 is no limit.
    """

    server: int
    role: int = -1
    database: int = -1


@dataclass(frozen=True, slots=True)
class Remote:
    """One remote, as the hub sees it for the current role.

    Parameters
    ----------
    limits
        Of connections; `None` when they are not known.
    collation
        How its database sorts text; `None` when it is not known.
    tables
        What the hub's foreign tables stand for, by their remote schema and name; `None` when it
        is not known.
    refused
        Foreign tables that the remote will not be queried for, and why.
    pooled
        Whether it gives each transaction another session; `None` when it is not known.
    """

    limits: Limits | None = None
    collation: Collation | None = None
    tables: Mapping[TableKey, RemoteTable] | None = None
    refused: Mapping[TableKey, Failure] = field(default_factory=dict[TableKey, Failure])
    pooled: bool | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What came of looking at one server.

    Parameters
    ----------
    server
        The server.
    remote
        What was seen; `None` when nothing was.
    failure
        Why it could not be reached; `None` when it could, or was not tried.
    notes
        What could not be seen, a sentence each.
    """

    server: Server
    remote: Remote | None = None
    failure: Failure | None = None
    notes: tuple[str, ...] = ()
