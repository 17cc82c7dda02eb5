"""The federation of a test run: its members registered on the hub, and their tables joined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from psycopg import sql
from psycopg.rows import dict_row

from exclave.federation import Federation
from exclave.testing.database import HubDatabase
from exclave.testing.rollback import RolledBackConnection

_SETTINGS = ("role", "exclave.written_member", "exclave.write_members")


class Seed(Protocol):
    """What the fixture ``exclave_seed`` gives: `seed` for the connection of the test."""

    def __call__(
        self, member: str, table: str, rows: Iterable[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Write rows to a table of a member, by its slug; see `seed`."""
        ...


def federate(database: HubDatabase, federation: Federation) -> None:
    """Join the tables of all members.

    Parameters
    ----------
    database
        The hub's database, which is no hub yet.
    federation
        The shape of the federation.

    Raises
    ------
    FederationError
        If a member's tables cannot be joined.
    """
    with database.connect() as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgres_fdw")
    hub = database.hub()
    hub.install()
    for member in database.members.values():
        hub.add_member(federation, member.as_member())
    hub.apply(federation)


def seed(
    connection: RolledBackConnection,
    owner: str,
    federation: Federation,
    member: str,
    table: str,
    rows: Iterable[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Write rows to a member through the hub's transaction, so that its rollback undoes them.

    It does not count as a write of the code under test: that may write to another member
    afterwards, and its rollbacks leave the rows there.

    Parameters
    ----------
    connection
        The connection of the test.
    owner
        The role that owns what exclave made on the hub.
    federation, member, table
        A table of a member of a federation.
    rows
        Their values by column; what is left out the member generates.

    Returns
    -------
    list of dict
        The rows as the member keeps them, in the order given, with the member column.

    Raises
    ------
    psycopg.Error
        If a row is refused; then none is written.
    """
    made: list[dict[str, Any]] = []
    target = sql.Identifier(federation.name, federation.table(table).name)
    shown = sql.SQL(", ").join(
        sql.SQL("current_setting({}, true)").format(each) for each in _SETTINGS
    )
    before = connection.execute(sql.SQL("SELECT {}").format(shown)).fetchone() or ()
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        _set(connection, dict(zip(_SETTINGS, (owner, "", "many"), strict=True)))
        for row in rows:
            values = {federation.member_column: member, **row}
            statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING *").format(
                target,
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(sql.Placeholder() * len(values)),
            )
            cursor.execute(statement, [*values.values()])
            made += cursor.fetchall()
    _set(connection, dict(zip(_SETTINGS, before, strict=True)))
    connection.keep()
    return made


def _set(connection: RolledBackConnection, settings: Mapping[str, str | None]) -> None:
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, true)", (name, value or ""))
