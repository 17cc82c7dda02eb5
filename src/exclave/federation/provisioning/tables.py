"""The tables of members on the hub: what they are at the members, and how they are declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from exclave.catalog import Connection
from exclave.errors import DeclarationError
from exclave.federation.joining import join_columns
from exclave.federation.member import MemberState
from exclave.federation.naming import names_of
from exclave.federation.provisioning.objects import foreign_tables
from exclave.federation.provisioning.query import query
from exclave.federation.registry.rows import member_row
from exclave.federation.remote import RemoteColumn, RemoteTable, read_remote
from exclave.federation.rights import member_grants
from exclave.federation.routing.own_table import own_table_statements
from exclave.federation.shape import FederatedTable, Federation
from exclave.federation.tables import JoinedTable, MemberTable
from exclave.objects import QualifiedName
from exclave.objects.data_type import canonical_type
from exclave.objects.quoting import quote_identifier
from exclave.plan import Change, run


def read_tables(
    connection: Connection, federation: Federation, member: MemberState
) -> list[MemberTable]:
    """Read what a member's tables are, over its server; their columns are yet to be joined.

    Those of a wrapper that cannot tell are taken as they were declared.

    Raises
    ------
    RemoteError
        When the member cannot be reached or refuses the hub.
    DeclarationError
        When it lacks a table; the message names all that it lacks.
    """
    if member.wrapper != "postgres_fdw":
        return _declared_tables(connection, federation, member)
    sources = {
        table.name: table.source(member.slug, federation.source_schema)
        for table in federation.tables
    }
    wanted = {name: (str(source.schema), source.name) for name, source in sources.items()}
    found = read_remote(connection, member.server, wanted.values())
    if found.missing:
        lacking = ", ".join(f"{schema}.{name}" for schema, name in found.missing)
        raise DeclarationError(
            f'Member "{member.slug}" of {federation} has no {lacking} (or the mapped user may not '
            'see it). Create it there, or name it with FederatedTable(…, at={"'
            f'{member.slug}": "other_name"}}).'
        )
    tables: list[MemberTable] = []
    for name, (schema, table) in wanted.items():
        remote = found.tables[schema, table]
        writable = member.writable and remote.kind in "rpfv"
        tables.append(MemberTable(member.slug, name, schema, table, (), (), writable, remote))
    return tables


def _declared_tables(
    connection: Connection, federation: Federation, member: MemberState
) -> list[MemberTable]:
    """Take a member's tables as they were declared."""
    _, declared = member_row(connection, federation.name, member.slug)
    missing = [table.name for table in federation.tables if table.name not in declared.tables]
    if missing:
        raise DeclarationError(
            f'Member "{member.slug}" of {federation} is reached through "{member.wrapper}", which '
            f"cannot tell what columns {', '.join(missing)} has. Declare it: Member(…, tables="
            f'{{"{missing[0]}": DeclaredTable({{"id": "bigint", …}}, options={{…}})}}).'
        )
    tables: list[MemberTable] = []
    for table in federation.tables:
        given = declared.tables[table.name]
        columns = tuple(
            RemoteColumn(name, number, canonical_type(type_), type_)
            for number, (name, type_) in enumerate(given.columns.items(), 1)
        )
        remote = RemoteTable("", table.name, "f", columns, given.key, 0, dict(given.options))
        made = MemberTable(member.slug, table.name, "", table.name, (), (), member.writable, remote)
        tables.append(made)
    return tables


def writable(connection: Connection, federation: Federation, table: MemberTable) -> bool:
    """Tell whether a foreign table can be inserted into, as its wrapper says."""
    name = names_of(federation, table.slug).foreign_table(table.table)
    text = "SELECT pg_catalog.pg_relation_is_updatable($1::regclass, false) & 8 <> 0"
    return bool(connection.fetch(text, [str(name)])[0][0])


@dataclass(frozen=True)
class Joined:
    """A joined table as it is to be, with members' tables as they are to be declared.

    Parameters
    ----------
    former
        As it was; ``None`` when it is new.
    table
        As it is to be.
    members
        The tables of those members whose columns were joined, by slug.
    """

    former: JoinedTable | None
    table: JoinedTable
    members: Mapping[str, MemberTable]

    @property
    def reshaped(self) -> bool:
        """Whether columns that are there already change."""
        if self.former is None:
            return False
        had = _spelled(self.former)
        return _spelled(self.table)[: len(had)] != had


def _spelled(table: JoinedTable) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in table.columns]


def joined_table_of(
    federation: Federation,
    table: FederatedTable,
    former: JoinedTable | None,
    members: Iterable[MemberTable],
) -> Joined:
    """Join the columns of members' tables with those that are joined already.

    Parameters
    ----------
    federation, table
        The table of the federation.
    former
        The joined table as it was. Its columns stay, and stay as wide as they are.
    members
        The tables of members that are to be joined, all or further ones.

    Raises
    ------
    DeclarationError
        When columns cannot be joined.
    """
    tables = {each.slug: each for each in members}
    remotes = {slug: each.remote for slug, each in tables.items()}
    joining = join_columns(federation, table, remotes, () if former is None else former.columns)
    key = _key(federation, table, former, remotes)
    joined = JoinedTable(table.name, joining.columns, key, {} if former is None else former.chunks)
    declared = {
        slug: replace(each, columns=joining.of_members[slug], key=key)
        for slug, each in tables.items()
    }
    return Joined(former, joined, declared)


def _key(
    federation: Federation,
    table: FederatedTable,
    former: JoinedTable | None,
    remotes: Mapping[str, RemoteTable],
) -> tuple[str, ...]:
    """Give the key that a federation declares, or that of the members' tables."""
    if table.key is not None:
        for slug, remote in remotes.items():
            held = {column.joined_name for column in remote.columns}
            if missing := [name for name in table.key if name not in held]:
                raise DeclarationError(
                    f"{table} of {federation}: its key names {', '.join(missing)}, which member "
                    f'"{slug}" does not have. Name columns that all members have.'
                )
        return table.key
    if former is not None and former.key:
        return former.key
    keys = (remote.joined_key for remote in remotes.values() if remote.key)
    return next((key for key in keys if all(map(table.takes, key))), ())


def create_tables(connection: Connection, federation: Federation, table: MemberTable) -> None:
    """Make a member's foreign tables, and the view through which applications see them."""
    changes = [Change(None, each) for each in foreign_tables(federation, table)]
    run(changes, connection)
    for statement in own_table_statements(federation, table):
        connection.execute(statement)


def replace_tables(
    connection: Connection,
    federation: Federation,
    former: MemberTable,
    table: MemberTable,
) -> list[str]:
    """Put others in the place of a member's foreign tables, which joined tables still read.

    The former ones are renamed; whoever calls this makes the joined tables read the new ones.

    Returns
    -------
    list of str
        The statements that drop the former ones then.
    """
    names = names_of(federation, table.slug)
    dropped: list[str] = []
    for each in _there(connection, federation, former):
        renamed = QualifiedName(_former(each.name), each.schema)
        connection.execute(f"ALTER FOREIGN TABLE {each} RENAME TO {quote_identifier(renamed.name)}")
        dropped.append(f"DROP FOREIGN TABLE {renamed}")
    if not _extends(former, table):
        connection.execute(f"DROP VIEW {names.own_table(table.table)}")
    create_tables(connection, federation, table)
    for statement in member_grants(federation, table.slug, [table.table]):
        connection.execute(statement)
    return dropped


def drop_tables(connection: Connection, federation: Federation, table: MemberTable) -> None:
    """Drop a member's foreign tables of one joined table, which nothing reads any more."""
    connection.execute(f"DROP VIEW {names_of(federation, table.slug).own_table(table.table)}")
    for each in _there(connection, federation, table):
        connection.execute(f"DROP FOREIGN TABLE {each}")


def _there(
    connection: Connection, federation: Federation, table: MemberTable
) -> list[QualifiedName]:
    """Name the foreign tables that were made for a member's table, for whatever shape."""
    schema = names_of(federation, table.slug).schema
    found = connection.fetch(query("foreign_tables"), [schema, table.table])
    return [QualifiedName(name, schema) for (name,) in found]


def _former(name: str) -> str:
    """Give another name, by which the table is still known as one of its own."""
    table, _, variant = name.partition("@")
    return f"{table}@-{variant}"


def _extends(former: MemberTable, table: MemberTable) -> bool:
    """Tell whether CREATE OR REPLACE VIEW can make a view of one into one of the other."""
    had = [(column.name, column.type) for column in former.columns]
    has = [(column.name, column.type) for column in table.columns]
    return has[: len(had)] == had
