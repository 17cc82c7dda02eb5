"""Many rows at once: sorted by member, and sent in batches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal

from exclave.catalog import Connection, connection_of
from exclave.errors import MemberError
from exclave.federation.naming import joined_table
from exclave.federation.registry.opened import acting_as, telling_moved
from exclave.federation.routing.query import query
from exclave.federation.routing.target import Place, Target, TargetColumn, place_of
from exclave.federation.shape import Federation
from exclave.objects.quoting import quote_identifier, quote_literal

BATCH_ROWS = 10_000
"""How many rows of one member and of the same columns are sent in one statement."""

_MOST_PARAMETERS = 32_000
_WRITTEN = "exclave.written_member"
_MANY = "exclave.write_members"


@dataclass
class Inserted:
    """What an insert sent.

    Parameters
    ----------
    counts
        How many rows were sent to each member, by slug.
    rows
        What came back, where columns were asked for: in no certain order.
    """

    counts: dict[str, int] = field(default_factory=dict[str, int])
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def count(self) -> int:
        """How many rows were sent to all members."""
        return sum(self.counts.values())


def insert_rows(
    connection: object,
    federation: Federation,
    table: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    members: Literal["one", "many"] = "one",
    returning: Sequence[str] = (),
    owner: str | None = None,
) -> Inserted:
    """Insert many rows, sorted by member, in batches.

    All is one transaction, or a savepoint of the caller's. What a row leaves out, the member
    generates or takes from its default; None is NULL. Rows of one member that have the same
    columns keep their order.

    Parameters
    ----------
    connection
        A psycopg 3 connection or a `Connection` on the hub, of a role that may write to the
        federation. Rows that give values for generated columns are sent one by one unless the
        role is the owner.
    federation
        The federation.
    table
        The joined table's name.
    rows
        Values by column; each one names its member in the member column. A string for a JSON
        column is JSON.
    members
        ``"one"`` refuses rows for a second member in one transaction, since a COMMIT may succeed
        at one member and fail at another; ``"many"`` accepts that.
    returning
        Columns that are to come back, such as generated ids. Then rows are sent one by one.
    owner
        The owner role, as which this is done if the session's role is a member of it.

    Returns
    -------
    Inserted
        How many rows were sent to whom, and what came back.

    Raises
    ------
    MemberError
        When a row's member is unknown, suspended, read-only or a second one, lacks a column, or
        refuses a row; nothing of it stays. When it was the COMMIT that failed, and there were
        several members, some of them may have kept their rows; the message names them.
    DeclarationError
        When the federation has no such table.
    """
    federation.table(table)
    hub = connection_of(connection)
    work = _Work(hub, federation, table, members, tuple(returning))
    try:
        with hub.transaction(), telling_moved(hub), _acting_as(hub, owner):
            work.run(rows)
    except MemberError:
        raise
    except Exception as error:
        sqlstate = hub.sqlstate(error)
        if sqlstate is None:
            raise
        raise work.refused(hub.message(error), sqlstate) from error
    return work.done


def _acting_as(hub: Connection, owner: str | None) -> AbstractContextManager[None]:
    if owner is None or not hub.fetch(query("may_become"), [owner])[0][0]:
        return nullcontext()
    return acting_as(hub, owner)


class _Work:
    """One call of `insert_rows`."""

    def __init__(
        self,
        hub: Connection,
        federation: Federation,
        table: str,
        members: Literal["one", "many"],
        returning: tuple[str, ...],
    ) -> None:
        self.done = Inserted()
        self._hub = hub
        self._federation = federation
        self._table = table
        self._many = members == "many"
        self._returning = returning
        self._places: dict[object, Place] = {}
        self._written: str | None = None
        self._current: str | None = None

    def run(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Sort the rows and send them."""
        [(written, many)] = self._hub.fetch(query("settings"))
        self._written = written or None
        self._many = self._many or many == "many"
        if self._many and many != "many":
            self._set(_MANY, "many")
        member_column = self._federation.member_column
        groups: dict[tuple[object, tuple[str, ...]], list[Mapping[str, Any]]] = {}
        for row in rows:
            key = (row.get(member_column), tuple(row))
            group = groups.get(key)
            if group is None:
                group = groups[key] = []
            group.append(row)
            if len(group) == BATCH_ROWS:
                self._send(*key, group)
                group.clear()
        for key, group in groups.items():
            if group:
                self._send(*key, group)
        if self._many and many != "many":
            self._set(_MANY, many or "")

    def refused(self, message: str, sqlstate: str) -> MemberError:
        """Say which member refused what was sent."""
        if self._current is not None:
            text = f'Member "{self._current}": {message}'
            return MemberError(text, self._current, sqlstate)
        written = list(self.done.counts)
        if len(written) == 1:
            text = f'Member "{written[0]}", at COMMIT: {message}'
            return MemberError(text, written[0], sqlstate)
        text = f"At COMMIT: {message}"
        if written:
            text += f"\nSome of these members may have kept their rows: {', '.join(written)}."
        return MemberError(text, None, sqlstate)

    def _send(
        self, slug: object, columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
    ) -> None:
        place = self._place(slug)
        self._current = place.slug
        names = [name for name in columns if name != self._federation.member_column]
        held = place.foreign[self._table].columns
        for name in [name for name in names if name not in held]:
            if any(row[name] is not None for row in rows):
                raise MemberError(
                    f'Member "{place.slug}" has no column "{name}" in '
                    f"{joined_table(self._federation.name, self._table)}; it has "
                    f"{', '.join(held)}.",
                    place.slug,
                    "42703",
                )
            names.remove(name)
        target = place.target(names)
        insert = Insert(target, place.slug, self._federation.member_column, names, self._returning)
        for statement, parameters in insert.statements(rows):
            found = self._hub.fetch(statement, parameters)
            if self._returning:
                member = {self._federation.member_column: place.slug}
                self.done.rows += [
                    member | dict(zip(self._returning, row, strict=True)) for row in found
                ]
        self.done.counts[place.slug] = self.done.counts.get(place.slug, 0) + len(rows)
        self._current = None

    def _place(self, slug: object) -> Place:
        place = self._places.get(slug)
        if place is None:
            place = place_of(self._hub, self._federation, self._table, slug)
            self._places[slug] = place
            if self._written is None:
                self._written = place.server
                self._set(_WRITTEN, place.server)
            elif self._written != place.server and not self._many:
                written = next(
                    (p.slug for p in self._places.values() if p.server == self._written),
                    self._written,
                )
                raise MemberError(
                    f'This transaction has written to member "{written}", and cannot write to '
                    f'member "{place.slug}": at COMMIT one may keep its rows and the other refuse '
                    'them. Insert into one at a time, or accept that with members="many".',
                    place.slug,
                    "25000",
                )
        return place

    def _set(self, name: str, value: str) -> None:
        self._hub.fetch(query("set"), [name, value])


class Insert:
    """The statements that send rows of the same columns to one relation."""

    def __init__(
        self,
        target: Target,
        slug: str,
        member_column: str,
        names: Sequence[str],
        returning: Sequence[str],
    ) -> None:
        self._columns = [target.columns[name] for name in names]
        fixed = dict(target.constants)
        if target.joined:
            fixed[member_column] = quote_literal(slug)
        if not names and not fixed:
            free = next(each for each in target.columns.values() if not each.generated)
            fixed[free.name] = free.default or "NULL"
        self._fixed = list(fixed.values())
        into = ", ".join(quote_identifier(name) for name in (*names, *fixed))
        self._head = f"INSERT INTO {target.name} ({into})"
        self._returning = ", ".join(map(quote_identifier, returning))

    def statements(self, rows: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, list[Any]]]:
        """Give statements with their parameters."""
        values = [[row[column.name] for row in rows] for column in self._columns]
        for place, column in enumerate(self._columns):
            if column.json:
                values[place] = [_as_json(value) for value in values[place]]
        if all(map(_fits_array, self._columns, values)):
            yield self._whole(self._from_arrays(len(rows))), list(values)
            return
        width = len(self._columns)
        step = max(1, min(500, _MOST_PARAMETERS // width))
        turned = list(zip(*values, strict=True))
        for start in range(0, len(turned), step):
            part = turned[start : start + step]
            yield self._whole(self._from_values(len(part))), [each for row in part for each in row]

    def _whole(self, source: str) -> str:
        if self._returning:
            return f"{self._head} {source} RETURNING {self._returning}"
        return f"WITH sent AS ({self._head} {source}) SELECT true"

    def _from_arrays(self, count: int) -> str:
        if not self._columns:
            outputs = ", ".join(self._fixed)
            return f"SELECT {outputs} FROM pg_catalog.generate_series(1, {count})"  # noqa: S608 - quoted
        arrays = [
            f"${place}::{'text' if column.json else column.type}[]"
            for place, column in enumerate(self._columns, 1)
        ]
        names = [f"c{place}" for place in range(1, len(arrays) + 1)]
        outputs = [
            f"{name}::{column.type}" if column.json else name
            for name, column in zip(names, self._columns, strict=True)
        ]
        given = f"unnest({', '.join(arrays)}) AS given ({', '.join(names)})"
        return f"SELECT {', '.join([*outputs, *self._fixed])} FROM {given}"  # noqa: S608 - quoted

    def _from_values(self, count: int) -> str:
        width = len(self._columns)
        lines = (
            ", ".join(
                [
                    *(
                        f"${row * width + place}::{column.type}"
                        for place, column in enumerate(self._columns, 1)
                    ),
                    *self._fixed,
                ]
            )
            for row in range(count)
        )
        return f"VALUES {', '.join(f'({line})' for line in lines)}"


def _fits_array(column: TargetColumn, values: Sequence[Any]) -> bool:
    """Tell whether a driver can send the values as one array."""
    kinds: set[type] = set(map(type, values))
    return not column.array and len(kinds - {type(None)}) <= 1


def _as_json(value: Any) -> Any:
    value = getattr(value, "obj", value)  # as psycopg's Json and Jsonb
    return value if value is None or isinstance(value, str) else json.dumps(value)
