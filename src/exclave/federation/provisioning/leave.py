"""Removing a member: out of the joined tables first, then its own objects."""

from __future__ import annotations

from exclave.catalog import Connection
from exclave.federation.health.stale_tables import forget_member
from exclave.federation.naming import names_of
from exclave.federation.provisioning.tables import drop_tables
from exclave.federation.registry import record, rows
from exclave.federation.shape import Federation
from exclave.objects.names import quote_role
from exclave.objects.quoting import quote_identifier


def drop_member(connection: Connection, federation: Federation, slug: str, owner: str) -> None:
    """Drop the objects of a member that no joined table shows any more.

    Nothing of others is taken along: what stands on the member's own tables must go first.

    Parameters
    ----------
    connection
        A session in a transaction, as the owner.
    federation, slug
        Which member of which federation.
    owner
        The owner role.
    """
    names = names_of(federation, slug)
    for table in rows.load_member_tables(connection, federation.name, [slug]):
        if table.columns:
            drop_tables(connection, federation, table)
    server = quote_identifier(names.server)
    connection.execute(f"DROP USER MAPPING IF EXISTS FOR {quote_role(owner)} SERVER {server}")
    connection.execute(f"DROP SERVER IF EXISTS {server}")
    for schema in (names.insertable, names.schema):
        connection.execute(f"DROP SCHEMA IF EXISTS {quote_identifier(schema)}")
    forget_member(connection, federation, slug)
    rows.delete_member(connection, federation.name, slug)
    record(connection, "remove", federation.name, slug)
