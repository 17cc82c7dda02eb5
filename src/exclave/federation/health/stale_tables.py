"""The local tables that keep the last known rows of members, and the views that show them."""

from __future__ import annotations

from collections.abc import Collection

from exclave.catalog import Connection
from exclave.federation.health.query import query
from exclave.federation.layouts import layout_of
from exclave.federation.layouts.views import branch
from exclave.federation.naming import last_known, private_schema, stale_table
from exclave.federation.registry import load_joined
from exclave.federation.rights import kept_grants
from exclave.federation.shape import Federation
from exclave.federation.tables import JoinedTable, MemberTable
from exclave.objects.data_type import canonical_type
from exclave.objects.quoting import quote_identifier, quote_literal


def make_stale_table(connection: Connection, federation: Federation, joined: JoinedTable) -> None:
    """Make the table that keeps the last known rows, or give it the columns it is to have now.

    What is kept stays. A further column is empty until the next refresh.

    Parameters
    ----------
    connection
        A session in a transaction, as the owner.
    federation
        The federation; its private schema is there.
    joined
        The joined table as it is now.
    """
    table = stale_table(federation.name, joined.name)
    wanted = _columns(federation, joined)
    rows = connection.fetch(query("stale_columns"), [table.schema, table.name])
    found: dict[str, str] = {str(name): str(of) for name, of in rows}
    if not found:
        collations = _collations(joined)
        columns = ", ".join(
            f"{quote_identifier(name)} {of}{collations.get(name, '')}"
            for name, of in wanted.items()
        )
        connection.execute(f"CREATE TABLE {table} ({columns})")
        keys = (federation.member_column, *joined.key)
        key = ", ".join(map(quote_identifier, keys))
        connection.execute(f"CREATE INDEX ON {table} ({key})")
    elif changes := list(_changes(found, wanted)):
        connection.execute(f"DROP VIEW IF EXISTS {last_known(federation.name, joined.name)}")
        connection.execute(f"ALTER TABLE {table} {', '.join(changes)}")
    _make_view(connection, federation, joined)


def _columns(federation: Federation, joined: JoinedTable) -> dict[str, str]:
    """Give the table's columns and their types; a system column's name has a suffix there."""
    columns = {federation.member_column: "text"}
    columns |= {_kept(name): "oid" for name in layout_of(federation).system_columns()}
    return columns | {column.name: column.type for column in joined.columns}


def _collations(joined: JoinedTable) -> dict[str, str]:
    return {each.name: f" COLLATE {each.collation}" for each in joined.columns if each.collation}


def _kept(system_column: str) -> str:
    return f"{system_column}@"


def _changes(found: dict[str, str], wanted: dict[str, str]) -> list[str]:
    changes = [f"DROP COLUMN {quote_identifier(name)}" for name in found if name not in wanted]
    for name, of in wanted.items():
        column = quote_identifier(name)
        if name not in found:
            changes.append(f"ADD COLUMN {column} {of}")
        elif canonical_type(found[name]) != canonical_type(of):
            changes.append(f"ALTER COLUMN {column} TYPE {of} USING {column}::text::{of}")
    return changes


def _make_view(connection: Connection, federation: Federation, joined: JoinedTable) -> None:
    view = last_known(federation.name, joined.name)
    outputs = [quote_identifier(federation.member_column)]
    outputs += [
        f"{quote_identifier(_kept(name))} AS {quote_identifier(name)}"
        for name in layout_of(federation).system_columns()
    ]
    outputs += [quote_identifier(column.name) for column in joined.columns]
    source = stale_table(federation.name, joined.name)
    text = f"SELECT {', '.join(outputs)} FROM {source}"  # noqa: S608 - quoted
    connection.execute(f"CREATE OR REPLACE VIEW {view} AS {text}")
    for statement in kept_grants(federation, joined.name):
        connection.execute(statement)


def keep_in_shape(connection: Connection, federation: Federation, changed: Collection[str]) -> None:
    """Give the tables that keep rows the columns that joined tables have now, or drop them.

    Parameters
    ----------
    connection
        A session in a transaction, as the owner.
    federation
        The federation.
    changed
        The joined tables that were changed.
    """
    stale = {table.name for table in federation.tables if table.stale}
    for name in kept_tables(connection, federation.name):
        if name not in stale:
            drop_stale_table(connection, federation.name, name)
        elif name in changed:
            joined = load_joined(connection, federation.name)
            make_stale_table(connection, federation, joined[name])


def drop_stale_table(connection: Connection, federation: str, table: str) -> None:
    """Drop what keeps a table's last known rows, if it is there."""
    connection.execute(f"DROP VIEW IF EXISTS {last_known(federation, table)}")
    connection.execute(f"DROP TABLE IF EXISTS {stale_table(federation, table)}")


def keep_rows(
    connection: Connection, federation: Federation, joined: JoinedTable, table: MemberTable
) -> int:
    """Put the rows that a member has now in the place of those that are kept of it.

    Returns
    -------
    int
        How many there are.
    """
    forget_rows(connection, federation, joined.name, table.slug)
    columns = ", ".join(map(quote_identifier, _columns(federation, joined)))
    source = branch(federation, joined, table)
    text = f"WITH kept AS (INSERT INTO {stale_table(federation.name, joined.name)} ({columns}) "
    text += f"{source} RETURNING 1) SELECT pg_catalog.count(*) FROM kept"  # noqa: S608 - quoted
    [(count,)] = connection.fetch(text)
    return int(count)


def forget_rows(connection: Connection, federation: Federation, table: str, slug: str) -> None:
    """Delete what is kept of a member's table."""
    where = f"{quote_identifier(federation.member_column)} = {quote_literal(slug)}"
    kept = stale_table(federation.name, table)
    connection.execute(f"DELETE FROM {kept} WHERE {where}")  # noqa: S608 - quoted


def kept_tables(connection: Connection, federation: str) -> list[str]:
    """Name the joined tables whose last known rows the hub keeps."""
    suffix = stale_table(federation, "").name
    text = "SELECT c.relname::text FROM pg_catalog.pg_class AS c WHERE c.relkind = 'r' "
    text += "AND c.relnamespace = pg_catalog.to_regnamespace($1::text) AND c.relname LIKE $2::text"
    schema = quote_identifier(private_schema(federation))
    rows = connection.fetch(text, [schema, f"%{suffix}"])
    return [name.removesuffix(suffix) for (name,) in rows]


def forget_member(
    connection: Connection, federation: Federation, slug: str, tables: Collection[str] | None = None
) -> None:
    """Delete all that is kept of a member, which leaves the federation."""
    for table in kept_tables(connection, federation.name) if tables is None else tables:
        forget_rows(connection, federation, table, slug)
