"""Reading a statement: which joined tables it names, what it does with them, of which members."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from exclave.query.analysis import Analysis, analysis
from exclave.query.joined_name import JoinedName, possibly_named
from exclave.query.placeholders import Parameters, Style
from exclave.query.scope import Atom, Relation


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text of SQL does with joined tables.

    Each table stands once, in the order of the text.

    Parameters
    ----------
    reads
        The joined tables whose rows it reads.
    writes
        Those that it inserts into, updates, deletes from, merges or copies into.
    locks
        Those of which it would lock rows with FOR UPDATE and its kin.
    upserts
        Those that it inserts into with ON CONFLICT.
    others
        Those that it names in what is no query, or in one that is kept for later, as in
        CREATE VIEW or PREPARE.
    members
        The slugs to which all that it reads, updates and deletes is restricted, by
        ``member = 'x'`` or ``member IN (…)`` in WHERE of the same query, directly or by equality
        in a join; `None` when some of it is of all members. Members to insert into are not in it.
    """

    reads: tuple[JoinedName, ...] = ()
    writes: tuple[JoinedName, ...] = ()
    locks: tuple[JoinedName, ...] = ()
    upserts: tuple[JoinedName, ...] = ()
    others: tuple[JoinedName, ...] = ()
    members: frozenset[str] | None = frozenset()


def reading(
    sql: str,
    joined: Collection[JoinedName],
    *,
    style: Style = "pyformat",
    parameters: Parameters | None = None,
    search_path: Sequence[str] = (),
) -> Reading:
    """Tell which joined tables a text of SQL names, and what it does with them.

    What views and functions do that it uses is not known here.

    Parameters
    ----------
    sql
        One or more statements, as they are handed to a driver.
    joined
        The joined tables.
    style
        ``"pyformat"`` with ``%s``, ``%(name)s`` and ``%%``, as for psycopg with parameters;
        ``"native"`` with ``$1`` or without parameters.
    parameters
        The values of the placeholders, if they are known: members may be among them.
    search_path
        The schemas in which names without a schema are looked up; without it they are no joined
        tables.

    Returns
    -------
    Reading
        What was found.

    Raises
    ------
    QueryError
        When PostgreSQL's grammar does not know the text.
    ExclaveError
        When pglast is not installed.

    Examples
    --------
    >>> users = JoinedName("fed", "users")
    >>> reading("SELECT name FROM fed.users WHERE member IN ('nl', 'be')", [users]).members
    frozenset({'nl', 'be'})
    """
    near = possibly_named(sql, joined)
    if not near:
        return Reading()
    found = analysis(sql, style, tuple(search_path))
    named = found.named({(table.schema, table.table): table for table in near})
    return Reading(
        reads=_tables(table for relation, table in named if relation.use == "read"),
        writes=_tables(
            table
            for relation, table in named
            if relation.use in ("insert", "update", "delete", "merge", "copy")
        ),
        locks=_tables(table for relation, table in named if relation.locked),
        upserts=_tables(table for relation, table in named if relation.upserted),
        others=_tables(table for relation, table in named if relation.use in ("define", "other")),
        members=_members(found, named, parameters),
    )


def _tables(tables: Iterable[JoinedName]) -> tuple[JoinedName, ...]:
    return tuple(dict.fromkeys(tables))


def _members(
    found: Analysis,
    named: list[tuple[Relation, JoinedName]],
    parameters: Parameters | None,
) -> frozenset[str] | None:
    members: set[str] = set()
    for relation, table in named:
        if relation.use not in ("read", "update", "delete", "merge"):
            continue
        conditions = relation.conditions.get(table.member_column, [])
        slugs = [_slugs(found, atoms, parameters) for atoms in conditions]
        known = [each for each in slugs if each is not None]
        if not known:
            return None
        members |= known[0].intersection(*known[1:])
    return frozenset(members)


def _slugs(
    found: Analysis, atoms: tuple[Atom, ...], parameters: Parameters | None
) -> set[str] | None:
    """Give the slugs that constants and placeholders are; `None` when one is not known."""
    slugs: set[str] = set()
    for atom in atoms:
        if isinstance(atom, str):
            slugs.add(atom)
            continue
        value = found.native.value(atom.number, parameters)
        values: list[Any] = [value]
        if atom.many and isinstance(value, list | tuple):
            values = list(cast("Sequence[Any]", value))
        if not all(isinstance(each, str) for each in values):
            return None
        slugs.update(values)
    return slugs
