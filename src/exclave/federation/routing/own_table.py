"""A member's own table as applications see it: a view that PostgreSQL can write through."""

from __future__ import annotations

from collections.abc import Iterator

from exclave.federation.layouts.views import AT_HOME
from exclave.federation.naming import names_of
from exclave.federation.routing.variants import constant_of, variants_of
from exclave.federation.shape import Federation
from exclave.federation.tables import JoinedTable, MemberTable
from exclave.objects.quoting import quote_identifier, quote_literal


def own_table_statements(
    federation: Federation, table: MemberTable, joined: JoinedTable | None = None
) -> list[str]:
    """Give the statements that make or replace the view on a member's table.

    What is generated at the member is left to it by every INSERT through the view, and cannot
    be given or updated there; the other columns can. Columns are of the member's types. On a copy
    of the hub it refuses all: what reads the table when it is planned, an INSERT before it sends
    a row. In a transaction that has written to another member it refuses to write.

    Parameters
    ----------
    federation
        The federation.
    table
        The member's table; its foreign tables are there.
    joined
        The joined table, for whose other columns the view has NULL; ``None`` leaves them out.
    """
    names = names_of(federation, table.slug)
    view = names.own_table(table.table)
    writable = {
        each.name: each.omitted for each in variants_of(table, federation.table(table.table))
    }
    source = names.foreign_table(table.table, "new" if "new" in writable else "")
    columns = ", ".join(_columns(table, joined))
    statements = [
        f"CREATE OR REPLACE VIEW {view} AS SELECT {columns} FROM {source} WHERE {AT_HOME}",  # noqa: S608 - quoted
        "CREATE OR REPLACE TRIGGER exclave_one_member BEFORE INSERT OR UPDATE OR DELETE "
        f"ON {source} FOR EACH STATEMENT EXECUTE FUNCTION "
        f"exclave.one_member({quote_literal(names.server)}, {quote_literal(table.slug)})",
    ]
    defaults = [
        f"ALTER COLUMN {quote_identifier(column.name)} "
        + (
            "DROP DEFAULT"
            if (constant := constant_of(column)) is None
            else f"SET DEFAULT {constant}"
        )
        for column in table.columns
    ]
    if defaults:
        statements.append(f"ALTER TABLE {view} {', '.join(defaults)}")
    return statements


def _columns(table: MemberTable, joined: JoinedTable | None) -> Iterator[str]:
    if joined is None:
        yield from (quote_identifier(column.name) for column in table.columns)
        return
    held = {column.name for column in table.columns}
    for column in joined.columns:
        name = quote_identifier(column.name)
        yield name if column.name in held else f"NULL::{column.type} AS {name}"
