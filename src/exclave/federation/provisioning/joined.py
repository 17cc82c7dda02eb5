"""The joined tables: all changed in one transaction, after the members' own tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from exclave.catalog import Connection
from exclave.errors import DeclarationError
from exclave.federation.health.stale_tables import keep_in_shape
from exclave.federation.layouts import layout_of
from exclave.federation.layouts.views import (
    REFERENCE_CHUNK,
    by_chunk,
    chunk_query,
    joined_query,
)
from exclave.federation.member import MemberState
from exclave.federation.naming import chunk_view, joined_table, names_of, private_schema
from exclave.federation.provisioning import dependents
from exclave.federation.provisioning.digest import digest, shape_digest
from exclave.federation.provisioning.query import query
from exclave.federation.provisioning.session import take
from exclave.federation.provisioning.tables import (
    Joined,
    create_tables,
    drop_tables,
    joined_table_of,
    replace_tables,
)
from exclave.federation.provisioning.types import make_types
from exclave.federation.registry import record, rows
from exclave.federation.rights import joined_grants
from exclave.federation.routing.triggers import drop_statements, trigger_statements
from exclave.federation.shape import FederatedTable, Federation
from exclave.federation.tables import JoinedTable, MemberTable
from exclave.objects import QualifiedName


@dataclass(frozen=True)
class Joining:
    """What joining did.

    Parameters
    ----------
    added, removed
        The slugs of members whose tables are joined now, and of those whose no longer are.
    tables
        The joined tables that were changed.
    refused
        Why members cannot be joined, by slug.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    tables: tuple[str, ...]
    refused: Mapping[str, DeclarationError]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.tables)


def join(
    connection: Connection,
    federation: Federation,
    *,
    rebuild: bool = False,
    touched: Collection[str] = (),
    read: Collection[str] = (),
) -> Joining:
    """Make the joined tables show the members that are ready, and no others.

    What it costs depends on how many members change, not on how many there are: only the chunks
    that these are in are looked at, unless a column that all have must change.

    Parameters
    ----------
    connection
        A session in a transaction, as the owner, that alone changes joined tables.
    federation
        The federation.
    rebuild
        Whether views of others that stand on a joined table may be dropped and put back, where
        PostgreSQL allows no other way.
    touched
        The slugs of members that were suspended or resumed.
    read
        The slugs of members whose tables were read again, and are to be joined as they are now.

    Raises
    ------
    PlanError
        When a joined table must be made anew, something stands on it, and `rebuild` is not set.
    DeclarationError
        When members' columns cannot be joined.
    """
    members = {each.slug: each for each in rows.load_members(connection, federation.name)}
    former = rows.load_joined(connection, federation.name)
    ready = [slug for slug, member in members.items() if _is_ready(federation, member)]
    shown = [slug for slug, member in members.items() if member.state == "joined"]
    added, refused = _admitted(connection, federation, former, shown, ready)
    removed = [slug for slug, member in members.items() if member.state == "leaving"]
    work = _Work(connection, federation, members, [*added, *read], rebuild=rebuild, touched=touched)
    take(connection, federation, work.views(former))
    changed = [table.name for table in federation.tables if work.table(table, former)]
    gone = former.keys() - {table.name for table in federation.tables}
    for name in sorted(gone):
        work.gone(former[name])
    keep_in_shape(connection, federation, changed)
    for slug in added:
        rows.set_state(connection, federation.name, slug, "joined")
    done = Joining(tuple(added), tuple(removed), (*changed, *sorted(gone)), refused)
    if done:
        rows.set_federation_joined(connection, federation.name)
        tables = list(done.tables)
        record(connection, "join", federation.name, added=added, removed=removed, tables=tables)
    return done


def _is_ready(federation: Federation, member: MemberState) -> bool:
    """Tell whether a member that is being added has all of its tables."""
    if member.state != "adding":
        return False
    return member.shape_digest == shape_digest(federation, member.slug)


def _admitted(
    connection: Connection,
    federation: Federation,
    former: Mapping[str, JoinedTable],
    shown: Sequence[str],
    ready: Sequence[str],
) -> tuple[list[str], dict[str, DeclarationError]]:
    """Tell members that can be joined with those that are shown from those that cannot."""
    if not ready:
        return [], {}
    tables: dict[str, dict[str, MemberTable]] = {slug: {} for slug in ready}
    for table in rows.load_member_tables(connection, federation.name, ready):
        tables[table.slug][table.table] = table
    admitted: list[str] = []
    refused: dict[str, DeclarationError] = {}
    known = dict(former)
    for slug, own in tables.items():
        joined = dict(known)
        try:
            for table in federation.tables:
                was = known.get(table.name)
                if table.name not in own:
                    continue
                found = joined_table_of(federation, table, was, [own[table.name]])
                if found.reshaped:  # then all others must fit too
                    others = rows.load_member_tables(
                        connection, federation.name, [*shown, *admitted, slug], table.name
                    )
                    found = joined_table_of(federation, table, was, others)
                joined[table.name] = found.table
        except DeclarationError as error:
            refused[slug] = error
        else:
            admitted.append(slug)
            known = joined
    return admitted, refused


class _Work:
    """The changes of joined tables, one after the other."""

    def __init__(
        self,
        connection: Connection,
        federation: Federation,
        members: Mapping[str, MemberState],
        fresh: Sequence[str],
        *,
        rebuild: bool,
        touched: Collection[str],
    ) -> None:
        self._connection = connection
        self._federation = federation
        self._chunks = {slug: member.chunk for slug, member in members.items()}
        self._shown = {slug for slug, member in members.items() if member.state == "joined"}
        self._shown |= set(fresh)
        self._fresh = set(fresh)
        self._suspended = {
            slug: member.suspended_reason for slug, member in members.items() if member.suspended
        }
        moved = [
            slug
            for slug, member in members.items()
            if slug in fresh or slug in touched or member.state == "leaving"
        ]
        self._moved = frozenset(moved)
        self._touched = {self._chunks[slug] for slug in moved}
        self._rebuild = rebuild
        self._kept = self._load(self._touched)

    def _load(self, chunks: Collection[int] | None) -> dict[tuple[str, str], MemberTable]:
        """Read the tables of the members that are shown, in some chunks or in all."""
        slugs = [slug for slug in self._shown if chunks is None or self._chunks[slug] in chunks]
        if not slugs:
            return {}
        tables = rows.load_member_tables(self._connection, self._federation.name, slugs)
        return {(table.slug, table.table): table for table in tables}

    def views(self, former: Mapping[str, JoinedTable]) -> Iterator[QualifiedName]:
        """Name the views that are there and will be replaced, since members come or go."""
        for name, table in former.items():
            for chunk in self._touched & table.chunks.keys():
                yield chunk_view(self._federation.name, name, chunk)

    def table(self, table: FederatedTable, formers: Mapping[str, JoinedTable]) -> bool:
        """Make one joined table as it is to be; tell whether that took any change."""
        federation, former = self._federation, formers.get(table.name)
        kept = {slug: each for (slug, name), each in self._kept.items() if name == table.name}
        fresh = [each for slug, each in kept.items() if slug in self._fresh or not each.columns]
        joined = joined_table_of(federation, table, former, fresh)
        whole = former is None or joined.reshaped
        if joined.reshaped:
            every = self._load(None)
            kept = {slug: each for (slug, name), each in every.items() if name == table.name}
            joined = joined_table_of(federation, table, former, kept.values())
        restored = self._dismantle(former) if former is not None and joined.reshaped else []
        standing = None if joined.reshaped else former
        declared = (column for each in joined.members.values() for column in each.columns)
        make_types(self._connection, federation, joined.table, declared)
        for statement in layout_of(federation).parent_statements(
            federation, standing, joined.table
        ):
            self._connection.execute(statement)
        drops, shaken = self._declare(joined, kept)
        self._inherit(joined.table, kept, whole=whole)
        chunks = self._chunk_views(joined, kept, shaken, whole=whole)
        if whole or former is None or _differ(former, joined.table, chunks):
            text = joined_query(federation, joined.table, chunks)
            name = joined_table(federation.name, table.name)
            self._connection.execute(f"CREATE OR REPLACE VIEW {name} AS\n{text}")
            for statement in trigger_statements(federation, joined.table):
                self._connection.execute(statement)
        if former is not None and not whole:
            for number in former.chunks.keys() - chunks.keys():
                view = chunk_view(federation.name, table.name, number)
                self._connection.execute(f"DROP VIEW {view}")
        made = replace(joined.table, chunks=chunks)
        for statement in (*drops, *restored, *joined_grants(federation, made)):
            self._connection.execute(statement)
        rows.save_joined(self._connection, federation.name, [made])
        return whole or bool(shaken) or former is None or made.chunks != former.chunks

    def _declare(self, joined: Joined, kept: dict[str, MemberTable]) -> tuple[list[str], set[int]]:
        """Put tables in the place of those that must be declared otherwise.

        Returns
        -------
        tuple
            What drops the former ones once nothing reads them, and the chunks that read them.
        """
        drops: list[str] = []
        shaken: set[int] = set()
        for slug, table in joined.members.items():
            was = kept[slug]
            if was.columns == table.columns:
                continue
            if was.columns:
                drops += replace_tables(self._connection, self._federation, was, table)
            else:
                create_tables(self._connection, self._federation, table)
            rows.save_member_tables(self._connection, self._federation.name, [table])
            kept[slug] = table
            shaken.add(self._chunks[slug])
        return drops, shaken

    def _inherit(self, table: JoinedTable, slugs: Collection[str], *, whole: bool) -> None:
        """Make members' tables children of the parent, if there is one: some, and no others."""
        layout = layout_of(self._federation)
        parent = layout.parent(self._federation, table)
        if parent is None:
            return
        found = self._connection.fetch(query("children"), [parent.schema, parent.name, table.name])
        attached = [schema for (schema,) in found]
        moved = {names_of(self._federation, slug).schema for slug in self._moved}
        wanted = {names_of(self._federation, slug).schema for slug in slugs}
        if not whole:
            wanted |= set(attached) - moved
        for statement in layout.children_statements(self._federation, table, attached, wanted):
            self._connection.execute(statement)

    def gone(self, table: JoinedTable) -> None:
        """Drop a joined table that the federation no longer has, with all that belongs to it."""
        name = self._federation.name
        view = joined_table(name, table.name)
        dependents.refuse(
            self._connection,
            [view],
            ours=(name, private_schema(name)),
            why=f"The federation no longer has the joined table {view}",
        )
        self._dismantle(table)
        for member in rows.load_member_tables(self._connection, name, table=table.name):
            if member.columns:
                drop_tables(self._connection, self._federation, member)
            rows.delete_member_tables(self._connection, name, member.slug, [table.name])
        rows.delete_joined(self._connection, name, [table.name])

    def _dismantle(self, table: JoinedTable) -> list[str]:
        """Drop a joined table's views, and give the statements that put back what stood on it."""
        federation = self._federation
        name = joined_table(federation.name, table.name)
        restored = dependents.taken(
            self._connection,
            [name],
            ours=(federation.name, private_schema(federation.name)),
            rebuild=self._rebuild,
            why=f"The joined table {name} must be made anew",
        )
        self._connection.execute(f"DROP VIEW {name}")
        for chunk in table.chunks:
            view = chunk_view(federation.name, table.name, chunk)
            self._connection.execute(f"DROP VIEW {view}")
        parent = layout_of(federation).parent(federation, table)
        if parent is not None:
            self._inherit(table, (), whole=True)
            self._connection.execute(f"DROP TABLE {parent}")
        for statement in drop_statements(federation, table):
            self._connection.execute(statement)
        return restored

    def _chunk_views(
        self,
        joined: Joined,
        kept: Mapping[str, MemberTable],
        shaken: Collection[int],
        *,
        whole: bool,
    ) -> dict[int, str]:
        """Make the chunks that show other members, other columns, or other tables, than before.

        A chunk that shows no member any more stays, without rows, until another one comes.
        """
        federation, table = self._federation, joined.table
        former = joined.former
        if federation.table(table.name).reference:
            return self._only_chunk(joined, shaken, whole=whole)
        chunks: dict[int, str] = {} if whole or former is None else dict(former.chunks)
        chunks.pop(REFERENCE_CHUNK, None)
        widened = former is not None and former.columns != table.columns
        every = kept if not widened or whole else self._of(table.name, self._load(None))
        numbers = by_chunk(every.values(), self._chunks)
        for number in (chunks.keys() if widened else self._touched) | numbers.keys():
            text = chunk_query(federation, table, numbers.get(number, ()), self._suspended)
            made = digest(text)
            if number in shaken or chunks.get(number) != made:
                name = chunk_view(federation.name, table.name, number)
                self._connection.execute(f"CREATE OR REPLACE VIEW {name} AS\n{text}")
            chunks[number] = made
        return chunks

    def _only_chunk(
        self, joined: Joined, shaken: Collection[int], *, whole: bool
    ) -> dict[int, str]:
        """Make the one chunk of a reference table: any one member's rows will do."""
        table = joined.table
        source = self._source(table.name)
        text = chunk_query(self._federation, table, source, self._suspended)
        made = digest(text)
        moved = any(self._chunks[each.slug] in shaken for each in source)
        if joined.former is not None and not whole:
            moved = moved or joined.former.chunks.get(REFERENCE_CHUNK) != made
        else:
            moved = True
        if moved:
            name = chunk_view(self._federation.name, table.name, REFERENCE_CHUNK)
            self._connection.execute(f"CREATE OR REPLACE VIEW {name} AS\n{text}")
        return {REFERENCE_CHUNK: made}

    def _source(self, name: str) -> list[MemberTable]:
        """Give the table of the first member that has it; one that is suspended comes last."""
        for slug in sorted(self._shown, key=lambda each: (each in self._suspended, each)):
            found = rows.load_member_tables(self._connection, self._federation.name, [slug], name)
            if found:
                return found
        return []

    @staticmethod
    def _of(name: str, tables: Mapping[tuple[str, str], MemberTable]) -> dict[str, MemberTable]:
        return {slug: each for (slug, table), each in tables.items() if table == name}


def _differ(former: JoinedTable, table: JoinedTable, chunks: Mapping[int, str]) -> bool:
    return former.columns != table.columns or former.chunks.keys() != chunks.keys()
