"""The queries of joined tables: a branch a member, chunks of branches, and the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from exclave.federation.layouts import layout_of
from exclave.federation.naming import GATE, chunk_view, names_of, private_schema
from exclave.federation.shape import Federation
from exclave.federation.tables import JoinedTable, MemberTable
from exclave.objects import QualifiedName
from exclave.objects.quoting import quote_identifier, quote_literal

CHUNK = 20
"""How many members one chunk of a joined table holds at most.

A member more or less is then a small view replaced, whatever the number of members.
"""

AT_HOME = "exclave.at_home()"
"""Whether the hub is the one whose members these are; an error where it is not."""

REFERENCE_CHUNK = 0
"""The number of the only chunk of a reference table."""

_UNION = "\nUNION ALL\n"


def branch(
    federation: Federation, joined: JoinedTable, table: MemberTable, variant: str = ""
) -> str:
    """Write the query that gives a member's rows.

    Parameters
    ----------
    federation
        The federation.
    joined
        The joined table.
    table
        The member's table. A column that it lacks is NULL.
    variant
        Which of its foreign tables is read.

    Notes
    -----
    The slug is a literal, so PostgreSQL leaves out the branches that a condition on the member
    column excludes. No cast stands in a branch unless a column needs one.
    """
    held = {column.name: column for column in table.columns}
    outputs = [_output(f"{quote_literal(table.slug)}::text", federation.member_column)]
    outputs += [_output(name, name) for name in layout_of(federation).system_columns()]
    for column in joined.columns:
        there = held.get(column.name)
        expression = column.null if there is None else there.expression
        outputs.append(_output(expression, column.name))
    source = names_of(federation, table.slug).foreign_table(joined.name, variant)
    return f"SELECT {', '.join(outputs)} FROM {source}"  # noqa: S608 - quoted


def suspended_branch(
    federation: Federation, joined: JoinedTable, slug: str, reason: str | None
) -> str:
    """Write what stands in the place of a suspended member's branch: it raises when it is read.

    Parameters
    ----------
    federation, joined
        As of `branch`.
    slug
        The member.
    reason
        Why the member is suspended; everyone who reads the joined table may see it.

    Notes
    -----
    The columns come from the function, so that no condition on them can be decided before it has
    been called; with constants PostgreSQL would leave the branch out, and rows with it. A
    condition on the member column still leaves it out.
    """
    outputs = [_output(f"{quote_literal(slug)}::text", federation.member_column)]
    given: list[str] = []
    for name in layout_of(federation).system_columns():
        outputs.append(_output(quote_identifier(f"{name}@"), name))
        given.append(f"{quote_identifier(f'{name}@')} oid")
    for column in joined.columns:
        name = quote_identifier(column.name)
        collation = f" COLLATE {column.collation}" if column.collation else ""
        outputs.append(name)
        given.append(f"{name} {column.type}{collation}")
    arguments = ", ".join(map(quote_literal, (federation.name, slug, reason or "")))
    source = f"exclave.suspended({arguments}) AS suspended({', '.join(given)})"
    return f"SELECT {', '.join(outputs)} FROM {source}"  # noqa: S608 - quoted


def _output(expression: str, name: str) -> str:
    quoted = quote_identifier(name)
    return quoted if expression == quoted else f"{expression} AS {quoted}"


def nothing(federation: Federation, joined: JoinedTable) -> str:
    """Write a query that has the joined table's columns and no rows.

    It names the federation's gate, which is locked so: see `provisioning.session.take`.
    """
    outputs = [_output("NULL::text", federation.member_column)]
    outputs += [_output("NULL::oid", name) for name in layout_of(federation).system_columns()]
    outputs += [_output(column.null, column.name) for column in joined.columns]
    gate = QualifiedName(GATE, private_schema(federation.name))
    return f"SELECT {', '.join(outputs)} FROM {gate} WHERE false"  # noqa: S608 - quoted


def chunk_query(
    federation: Federation,
    joined: JoinedTable,
    tables: Iterable[MemberTable],
    suspended: Mapping[str, str | None] = MappingProxyType({}),
) -> str:
    """Write the query of a chunk: the branches of its members, in the order of their slugs.

    Parameters
    ----------
    federation, joined
        As of `branch`.
    tables
        The tables of its members.
    suspended
        Why members are suspended, by the slugs of those that are.
    """
    branches = [
        suspended_branch(federation, joined, table.slug, suspended[table.slug])
        if table.slug in suspended
        else branch(federation, joined, table)
        for table in sorted(tables, key=lambda each: each.slug)
    ]
    return _UNION.join(branches) or nothing(federation, joined)


def joined_query(federation: Federation, joined: JoinedTable, chunks: Iterable[int]) -> str:
    """Write the query of a joined table over its chunks.

    It asks whether the hub is at home, which PostgreSQL answers when it plans a query, before any
    member is connected to: a copy of the hub touches no member, and plans are as without it.
    """
    columns = [federation.member_column, *layout_of(federation).system_columns()]
    columns += [column.name for column in joined.columns]
    names = ", ".join(map(quote_identifier, columns))
    parts = [
        f"SELECT {names} FROM {chunk_view(federation.name, joined.name, chunk)}"  # noqa: S608 - quoted
        for chunk in sorted(chunks)
    ]
    whole = _UNION.join([nothing(federation, joined), *parts])
    return f"SELECT {names} FROM (\n{whole}\n) AS chunks WHERE {AT_HOME}"  # noqa: S608 - quoted


def by_chunk(
    tables: Iterable[MemberTable], chunks: Mapping[str, int]
) -> Mapping[int, Sequence[MemberTable]]:
    """Sort members' tables into chunks, by the chunk of each member."""
    found: dict[int, list[MemberTable]] = {}
    for table in tables:
        found.setdefault(chunks[table.slug], []).append(table)
    return found
