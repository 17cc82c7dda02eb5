"""What has changed at a member since its tables were last read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from exclave.federation.remote import RemoteColumn, RemoteDatabase, RemoteTable
from exclave.federation.tables import MemberTable
from exclave.federation.widening import widens

DriftKind = Literal[
    "missing-table", "table-made-anew", "added", "dropped", "renamed", "widened", "narrowed",
    "type", "nullability", "collation", "default", "identity", "generated", "labels", "key",
    "database-collation",
]  # fmt: skip
"""What can change."""

_BREAKS = frozenset({"missing-table", "dropped", "renamed", "type"})

_GROWING = ("character varying", "bpchar", "bit varying", "time")
"""Types whose greater modifier lets in all that a smaller one does."""

_SENTENCES: Mapping[str, str] = {
    "missing-table": "is not there any more, or may not be seen",
    "table-made-anew": "was dropped and made anew",
    "added": "is new: {after}",
    "dropped": "was dropped; it was {before}",
    "renamed": "is called {after} now",
    "widened": "is wider: {after} instead of {before}",
    "narrowed": "is narrower: {after} instead of {before}",
    "type": "has another type: {after} instead of {before}",
    "nullability": "is {after} now; it was {before}",
    "collation": "sorts by {after} instead of {before}",
    "default": "has {after} as its default instead of {before}",
    "identity": "is {after} now; it was {before}",
    "generated": "is {after} now; it was {before}",
    "labels": "has the labels {after} instead of {before}",
    "key": "has the key {after} instead of {before}",
    "database-collation": "sorts text as {after} now; it was {before}",
}


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that a member has in another way than the hub knows it.

    Parameters
    ----------
    kind
        What changed.
    member
        The member's slug.
    table
        The joined table; ``None`` for what is of the whole database.
    column
        The column, as the joined table calls it; ``None`` for what is of the whole table.
    before, after
        How the hub knows it, and how it is now, as text; ``None`` for what is not there.
    """

    kind: DriftKind
    member: str
    table: str | None = None
    column: str | None = None
    before: str | None = None
    after: str | None = None

    @property
    def breaks(self) -> bool:
        """Whether queries that touch it fail, or may fail, until the hub follows."""
        return self.kind in _BREAKS

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data for JSON, with its sentence."""
        return asdict(self) | {"breaks": self.breaks, "message": str(self)}

    def __str__(self) -> str:
        where = f'Member "{self.member}"'
        if self.table is not None:
            where += f', table "{self.table}"'
        if self.column is not None:
            where += f', column "{self.column}"'
        said = _SENTENCES[self.kind].format(before=self.before, after=self.after)
        return f"{where}: it {said}."


def drift_of(
    member: str,
    kept: Iterable[MemberTable],
    now: RemoteDatabase,
    takes: Callable[[str, str], bool] = lambda _table, _column: True,
) -> tuple[Drift, ...]:
    """Compare a member's tables with what the hub knows of them.

    Parameters
    ----------
    member
        Its slug.
    kept
        Its tables as the hub knows them.
    now
        What was read of it now: at least these tables.
    takes
        Tells of a joined table and a column of the member's whether the federation takes it;
        other columns are not looked at.

    Returns
    -------
    tuple of Drift
        In the order of the tables, and of the columns at the member; empty when nothing changed.
        A column is the same as long as its number at the member is, so a new name is no drop;
        where the table was made anew, the name tells.
    """
    found: list[Drift] = []
    for table in kept:
        there = now.tables.get((table.remote_schema, table.remote_table))
        for each in _table(member, table, there, takes):
            if each not in found:
                found.append(each)
    return tuple(found)


def _table(
    member: str,
    table: MemberTable,
    now: RemoteTable | None,
    takes: Callable[[str, str], bool],
) -> Iterator[Drift]:
    if now is None:
        yield Drift("missing-table", member, table.table, before=_name(table.remote))
        return
    before = table.remote
    same = before.oid == now.oid
    if not same:
        yield Drift("table-made-anew", member, table.table, before=_name(before), after=_name(now))
    had = {_identity(column, same): column for column in before.columns}
    has = {_identity(column, same): column for column in now.columns}
    joined = {column.remote_name: column.name for column in table.columns}
    for key, column in had.items():
        if takes(table.table, joined.get(column.name, column.name)):
            name = joined.get(column.name, column.name)
            yield from _column(member, table.table, name, column, has.get(key))
    for key, column in has.items():
        if key not in had and takes(table.table, column.name):
            yield Drift("added", member, table.table, column.name, after=column.declared)
    keys = tuple(_key(each, same) for each in (before, now))
    if keys[0] != keys[1]:
        listed = (", ".join(each.key) or "none" for each in (before, now))
        yield Drift("key", member, table.table, None, *listed)


def _identity(column: RemoteColumn, same_table: bool) -> object:
    return column.number if same_table else column.name


def _key(table: RemoteTable, same_table: bool) -> list[object]:
    """Give a table's key, in which a renamed column is the same."""
    columns = (table.column(name) for name in table.key)
    return [_identity(column, same_table) for column in columns if column is not None]


def _name(table: RemoteTable) -> str:
    return f"{table.schema}.{table.name}"


def _column(
    member: str, table: str, name: str, before: RemoteColumn, now: RemoteColumn | None
) -> Iterator[Drift]:
    if now is None:
        yield Drift("dropped", member, table, name, before.declared)
        return
    if before.name != now.name:
        yield Drift("renamed", member, table, name, before.name, now.name)
    if kind := _type_change(before, now):
        yield Drift(kind, member, table, name, before.declared, now.declared)
    elif before.enum != now.enum:
        yield Drift("labels", member, table, name, _labels(before), _labels(now))
    if before.not_null != now.not_null:
        yield Drift("nullability", member, table, name, _nullability(before), _nullability(now))
    if before.collation != now.collation:
        collations = (each.collation or "the default" for each in (before, now))
        yield Drift("collation", member, table, name, *collations)
    elif _sorting(before) != _sorting(now):
        yield Drift("database-collation", member, None, None, _sorting(before), _sorting(now))
    if _has_other_default(before, now):
        yield Drift("default", member, table, name, _shown(before), _shown(now))
    if before.identity != now.identity:
        yield Drift("identity", member, table, name, *map(_identity_words, (before, now)))
    if before.generated != now.generated:
        yield Drift("generated", member, table, name, *map(_generated_words, (before, now)))


def _type_change(before: RemoteColumn, now: RemoteColumn) -> DriftKind | None:
    """Tell in which way the type changed, if it did."""
    if (before.declared, before.typmod) == (now.declared, now.typmod):
        return None
    if before.domain != now.domain or before.type is None or now.type is None:
        return "type"
    wider = widens(before.type, now.type) and _modifier_widens(before, now)
    if wider:
        return "widened"
    narrower = widens(now.type, before.type) and _modifier_widens(now, before)
    return "narrowed" if narrower else "type"


def _modifier_widens(narrow: RemoteColumn, wide: RemoteColumn) -> bool:
    """Tell whether the modifier of one type leaves room for all that another's lets in."""
    if wide.typmod < 0:
        return True
    if narrow.typmod < 0 or narrow.type != wide.type:
        return False
    element = (wide.type or "").removesuffix("[]")
    if element == "numeric":
        (digits, scale), (more_digits, more_scale) = map(_numeric, (narrow.typmod, wide.typmod))
        return more_scale >= scale and more_digits - more_scale >= digits - scale
    return element.startswith(_GROWING) and wide.typmod >= narrow.typmod


def _numeric(typmod: int) -> tuple[int, int]:
    """Read precision and scale, which may be below 0.

    Notes
    -----
    `make_numeric_typmod` in PostgreSQL's ``numeric.c``.
    """
    bits = typmod - 4
    return (bits >> 16) & 0xFFFF, ((bits & 0x7FF) ^ 1024) - 1024


def _labels(column: RemoteColumn) -> str:
    return ", ".join(column.enum or ())


def _nullability(column: RemoteColumn) -> str:
    return "NOT NULL" if column.not_null else "nullable"


def _sorting(column: RemoteColumn) -> str:
    if not column.sorts_alike:
        return "no collation of the hub does"
    return column.sorts_as or "the hub does"


def _has_other_default(before: RemoteColumn, now: RemoteColumn) -> bool:
    """Tell whether the default changed; the text says more than the digest, where it is shown.

    Another type or collation gives another digest, though the default be the same.
    """
    if before.has_default != now.has_default:
        return True
    if before.default is not None and now.default is not None:
        return before.default != now.default
    kinds = [(each.declared, each.typmod, each.collation) for each in (before, now)]
    return kinds[0] == kinds[1] and before.default_digest != now.default_digest


def _shown(column: RemoteColumn) -> str:
    if not column.has_default:
        return "nothing"
    return column.default or "an expression that is not shown"


def _identity_words(column: RemoteColumn) -> str:
    words = {"a": "GENERATED ALWAYS AS IDENTITY", "d": "GENERATED BY DEFAULT AS IDENTITY"}
    return words.get(column.identity, "no identity")


def _generated_words(column: RemoteColumn) -> str:
    words = {"s": "a stored generated column", "v": "a virtual generated column"}
    return words.get(column.generated, "a plain column")
