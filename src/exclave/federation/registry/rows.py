"""The rows of the registry as values: federations, members, their tables, and the joined ones.

Everything here is done over a session that acts as the owner role, inside a transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from exclave.catalog import Connection
from exclave.errors import RegistryError
from exclave.federation.columns import JoinedColumn, MemberColumn
from exclave.federation.member import Member, MemberState, State
from exclave.federation.naming import MemberNames, joined_table
from exclave.federation.registry.definition import definition_from_data, definition_to_data
from exclave.federation.registry.query import query
from exclave.federation.remote import RemoteTable
from exclave.federation.routing.writing import writing_of
from exclave.federation.shape import FederatedTable, Federation
from exclave.federation.tables import JoinedTable, MemberTable

_COLUMNS: Mapping[str, str] = {
    "chunk": "int4",
    "shape_digest": "text",
    "joined_at": "timestamptz",
    "refreshed_at": "timestamptz",
    "suspended": "timestamptz",
    "suspended_reason": "text",
}
"""The columns of a member that change in its life, and their types."""


def save_federation(connection: Connection, federation: Federation) -> None:
    """Keep a federation's shape, in the place of a former one of its name."""
    shape = json.dumps(federation.to_dict())
    connection.fetch(query("federation_write"), [federation.name, shape])


def load_federation(connection: Connection, name: str) -> Federation | None:
    """Give a federation as it is kept; ``None`` when there is none of that name."""
    for shape, _ in connection.fetch(query("federation_read"), [name]):
        return Federation.from_dict(json.loads(shape))
    return None


def load_federations(connection: Connection) -> list[Federation]:
    """Give all federations of the hub, by name."""
    rows = connection.fetch(query("federation_read"), [None])
    return [Federation.from_dict(json.loads(shape)) for shape, _ in rows]


def set_federation_joined(connection: Connection, name: str) -> None:
    """Keep that a federation's tables were joined, now."""
    text = "UPDATE exclave.federation SET joined_at = pg_catalog.now() WHERE name = $1::text"
    connection.fetch(f"{text} RETURNING name", [name])


def delete_federation(connection: Connection, name: str) -> None:
    """Forget a federation, its members and its tables; its history stays."""
    connection.fetch("DELETE FROM exclave.federation WHERE name = $1::text RETURNING name", [name])


def insert_member(
    connection: Connection, federation: str, member: Member, names: MemberNames, chunk: int
) -> None:
    """Keep a new member, in state ``"adding"``.

    Parameters
    ----------
    connection
        A session on the hub, as the owner role.
    federation
        The federation's name.
    member
        The member; of its secrets the references are kept.
    names
        The names of its objects.
    chunk
        The number of the chunk of the joined tables that it is in.
    """
    data = _member_data(federation, member)
    connection.fetch(query("member_write"), [*data, names.server, names.schema, chunk])


def update_member(connection: Connection, federation: str, member: Member) -> None:
    """Keep a member's labels, options and whether it may be written to, in place of the former.

    Raises
    ------
    RegistryError
        When there is no such member.
    """
    found = connection.fetch(query("member_update"), _member_data(federation, member))
    _one(connection, found, federation, member.slug)


def _member_data(federation: str, member: Member) -> list[Any]:
    return [
        federation,
        member.slug,
        json.dumps(dict(member.labels)),
        member.wrapper,
        member.writable,
        json.dumps(definition_to_data(member)),
    ]


def load_members(
    connection: Connection, federation: str, labels: Mapping[str, str] | None = None
) -> list[MemberState]:
    """Give the members of a federation by their slugs, or those that have all of some labels."""
    found = connection.fetch(
        query("member_read"), [federation, json.dumps(dict(labels or {})), None]
    )
    return [_member_state(row) for row in found]


def member_row(connection: Connection, federation: str, slug: str) -> tuple[MemberState, Member]:
    """Give what is kept of a member.

    Returns
    -------
    tuple
        Its state, and how it is reached; of a secret that was given as a value the value is
        `HIDDEN`.

    Raises
    ------
    RegistryError
        When there is no such member; the message lists those that are.
    """
    found = connection.fetch(query("member_read"), [federation, "{}", [slug]])
    row = _one(connection, found, federation, slug)
    state = _member_state(row)
    [(definition,)] = connection.fetch(query("member_definition"), [federation, slug])
    data = json.loads(definition)
    member = definition_from_data(data, slug, state.wrapper, state.labels, state.writable)
    return state, member


def _member_state(row: Sequence[Any]) -> MemberState:
    values = dict(zip(_ORDER, row, strict=True))
    values["labels"] = json.loads(values["labels"])
    return MemberState(**values)


_ORDER = (
    "federation", "slug", "state", "labels", "wrapper", "server", "schema", "suspended",
    "suspended_reason", "added", "joined", "refreshed", "writable", "chunk", "shape_digest",
)  # fmt: skip
"""The fields of a `MemberState` in the order in which ``member_read.sql`` gives them."""


def lock_member(connection: Connection, federation: str, slug: str) -> MemberState | None:
    """Let no other session change a member until the transaction ends.

    Returns
    -------
    MemberState or None
        What it is now; ``None`` when there is no such member any more.
    """
    connection.fetch(query("member_lock"), [federation, slug])
    for row in connection.fetch(query("member_read"), [federation, "{}", [slug]]):
        return _member_state(row)
    return None


def set_state(
    connection: Connection, federation: str, slug: str, state: State | None = None, **columns: Any
) -> None:
    """Keep a member's state, and other columns that change in its life.

    Parameters
    ----------
    connection
        A session on the hub, as the owner role.
    federation, slug
        Which member.
    state
        Its state; ``None`` leaves it. ``"joined"`` keeps that its tables were joined now.
    **columns
        Values of chunk, shape_digest, joined_at, refreshed_at, suspended, suspended_reason.

    Raises
    ------
    RegistryError
        When there is no such member.
    """
    sets: list[str] = []
    values: list[Any] = [federation, slug]
    for name, value in columns.items():
        values.append(value)
        sets.append(f"{name} = ${len(values)}::{_COLUMNS[name]}")
    if state is not None:
        values.append(state)
        sets.append(f"state = ${len(values)}::text")
        if state == "joined" and "joined_at" not in columns:
            sets.append("joined_at = pg_catalog.now()")
    text = f"UPDATE exclave.member SET {', '.join(sets)} WHERE federation = $1::text"  # noqa: S608 - known names
    found = connection.fetch(f"{text} AND slug = $2::text RETURNING slug", values)
    _one(connection, found, federation, slug)


def suspend(connection: Connection, federation: str, slug: str, reason: str | None) -> None:
    """Keep that a member is suspended since now, and why."""
    text = "UPDATE exclave.member SET suspended = coalesce(suspended, pg_catalog.now()), "
    text += "suspended_reason = $3::text WHERE federation = $1::text AND slug = $2::text"
    found = connection.fetch(f"{text} RETURNING slug", [federation, slug, reason])
    _one(connection, found, federation, slug)


def resume(connection: Connection, federation: str, slug: str) -> None:
    """Keep that a member is no longer suspended."""
    set_state(connection, federation, slug, suspended=None, suspended_reason=None)


def delete_member(connection: Connection, federation: str, slug: str) -> None:
    """Forget a member and its tables; its history stays."""
    text = "DELETE FROM exclave.member WHERE federation = $1::text AND slug = $2::text"
    connection.fetch(f"{text} RETURNING slug", [federation, slug])


def load_member_tables(
    connection: Connection,
    federation: str,
    slugs: Iterable[str] | None = None,
    table: str | None = None,
) -> list[MemberTable]:
    """Give the tables of members, by slug and name.

    Parameters
    ----------
    connection
        A session on the hub, as the owner role.
    federation
        The federation's name.
    slugs
        Of these members; ``None`` takes all.
    table
        Only those that are joined under this name; ``None`` takes all.
    """
    wanted = None if slugs is None else list(slugs)
    return [
        MemberTable(
            slug,
            name,
            remote_schema,
            remote_name,
            tuple(map(MemberColumn.from_dict, json.loads(columns))),
            tuple(key),
            writable,
            RemoteTable.from_dict(json.loads(remote)),
        )
        for slug, name, remote_schema, remote_name, columns, key, writable, remote in (
            connection.fetch(query("member_table_read"), [federation, wanted, table])
        )
    ]


def save_member_tables(
    connection: Connection, federation: str, tables: Iterable[MemberTable]
) -> None:
    """Keep tables of members, in the place of former ones of their names.

    What is sent to them by writes is made here, from the federation's shape as it is kept.
    """
    shape = load_federation(connection, federation)
    declared = {} if shape is None else {table.name: table for table in shape.tables}
    data = [
        {
            "slug": table.slug,
            "table_name": table.table,
            "remote_schema": table.remote_schema,
            "remote_name": table.remote_table,
            "remote": table.remote.to_dict(),
            "columns": [column.to_dict() for column in table.columns],
            "key": list(table.key),
            "writable": table.writable,
            "writing": writing_of(table, declared.get(table.table, FederatedTable(table.table))),
        }
        for table in tables
    ]
    if data:
        connection.fetch(query("member_table_write"), [federation, json.dumps(data)])


def delete_member_tables(
    connection: Connection, federation: str, slug: str, tables: Iterable[str] | None = None
) -> None:
    """Forget tables of a member: all, or those that are joined under some names."""
    names = None if tables is None else list(tables)
    connection.fetch(query("member_table_delete"), [federation, slug, names])


def load_joined(connection: Connection, federation: str) -> dict[str, JoinedTable]:
    """Give the joined tables of a federation as they were last made, by name."""
    return {
        name: JoinedTable(
            name,
            tuple(map(JoinedColumn.from_dict, json.loads(columns))),
            tuple(key),
            {int(number): digest for number, digest in json.loads(chunks).items()},
        )
        for name, columns, key, chunks in connection.fetch(query("joined_table_read"), [federation])
    }


def save_joined(connection: Connection, federation: str, tables: Iterable[JoinedTable]) -> None:
    """Keep joined tables that were just made, in the place of former ones of their names."""
    data = [
        {
            "table_name": table.name,
            "relation": str(joined_table(federation, table.name)),
            "columns": [column.to_dict() for column in table.columns],
            "key": list(table.key),
            "chunks": dict(table.chunks),
        }
        for table in tables
    ]
    if data:
        connection.fetch(query("joined_table_write"), [federation, json.dumps(data)])


def delete_joined(connection: Connection, federation: str, tables: Iterable[str]) -> None:
    """Forget joined tables by their names."""
    text = "DELETE FROM exclave.joined_table WHERE federation = $1::text"
    text += " AND table_name = ANY ($2::text[]) RETURNING table_name"
    connection.fetch(text, [federation, list(tables)])


def _one(
    connection: Connection, found: Sequence[Sequence[Any]], federation: str, slug: str
) -> Sequence[Any]:
    """Give the only row; or say that there is no such member, and which there are."""
    for row in found:
        return row
    known = load_members(connection, federation)
    members = ", ".join(member.slug for member in known) or "no members"
    raise RegistryError(f'Federation "{federation}" has no member "{slug}"; it has {members}.')
