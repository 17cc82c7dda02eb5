"""Layout "inheritance": a parent table from which the tables of all members inherit."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from exclave.federation.naming import parent_table
from exclave.federation.shape import Federation
from exclave.federation.tables import JoinedTable
from exclave.objects import QualifiedName


def parent(federation: Federation, joined: JoinedTable) -> QualifiedName | None:
    """Name the table from which members' tables inherit."""
    return parent_table(federation.name, joined.name)


def parent_statements(
    federation: Federation, former: JoinedTable | None, joined: JoinedTable
) -> list[str]:
    """Give the statements that make that table, or give it further columns."""
    name = parent_table(federation.name, joined.name)
    columns = {column.name: column.definition for column in joined.columns}
    if former is None:
        return [f"CREATE TABLE {name} ({', '.join(columns.values())})"]
    had = {column.name for column in former.columns}
    return [
        f"ALTER TABLE {name} ADD COLUMN {definition}"
        for column, definition in columns.items()
        if column not in had
    ]


def children_statements(
    federation: Federation, joined: JoinedTable, attached: Collection[str], wanted: Collection[str]
) -> list[str]:
    """Give the statements by which tables in some schemas become children, and others cease to."""
    parent = parent_table(federation.name, joined.name)
    added, removed = set(wanted) - set(attached), set(attached) - set(wanted)
    return [
        *(
            f"ALTER FOREIGN TABLE {QualifiedName(joined.name, schema)} NO INHERIT {parent}"
            for schema in sorted(removed)
        ),
        *(
            f"ALTER FOREIGN TABLE {QualifiedName(joined.name, schema)} INHERIT {parent}"
            for schema in sorted(added)
        ),
    ]


def system_columns() -> Sequence[str]:
    """Name the system columns of members' tables that the joined table shows."""
    return ("tableoid",)
