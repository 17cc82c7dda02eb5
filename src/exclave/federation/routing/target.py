"""Where rows for a member are sent: its own table, one of its foreign tables, or the joined one."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from exclave.catalog import Connection
from exclave.errors import MemberError
from exclave.federation.naming import joined_table
from exclave.federation.routing.query import query
from exclave.federation.shape import Federation
from exclave.objects import QualifiedName

_SHOWN = 20


@dataclass(frozen=True)
class TargetColumn:
    """A column of a relation that rows are sent to."""

    name: str
    type: str
    array: bool
    json: bool
    generated: bool
    default: str | None


@dataclass(frozen=True)
class Relation:
    """A view or a foreign table that rows for a member can be sent to."""

    name: QualifiedName
    view: bool
    permitted: bool
    columns: Mapping[str, TargetColumn]

    @property
    def generated(self) -> frozenset[str]:
        """The columns that it leaves to the member."""
        return frozenset(name for name, column in self.columns.items() if column.generated)


@dataclass(frozen=True)
class Target:
    """Where some rows are sent.

    Parameters
    ----------
    name
        The relation.
    columns
        Its columns by name.
    constants
        What is sent with each row, as SQL by column: defaults that the relation does not have.
    joined
        Whether it is the joined table, which wants the member's slug.
    """

    name: QualifiedName
    columns: Mapping[str, TargetColumn]
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    joined: bool = False


@dataclass(frozen=True)
class Place:
    """A member's table, with all relations by which it can be reached."""

    federation: Federation
    table: str
    slug: str
    server: str
    own: Relation
    foreign: Mapping[str, Relation]

    def target(self, given: Collection[str]) -> Target:
        """Choose the relation for rows that have these columns.

        The member's own table leaves all generated columns to it. Where some are given, that is
        one of the foreign tables, for those who may write to it, or the joined table.
        """
        plain = self.foreign[self.table]
        new = self.foreign.get(f"{self.table}@new", plain)
        if self.own.permitted and not new.generated & set(given):
            columns = {
                name: replace(column, generated=name in new.generated)
                for name, column in self.own.columns.items()
            }
            return Target(self.own.name, columns)
        left_out = new.generated - set(given)
        for relation in self.foreign.values():
            if relation.permitted and relation.generated == left_out:
                constants = {
                    name: column.default
                    for name, column in self.own.columns.items()
                    if column.default is not None and name not in given
                }
                return Target(relation.name, relation.columns, constants)
        name = joined_table(self.federation.name, self.table)
        return Target(name, plain.columns, joined=True)


def place_of(connection: Connection, federation: Federation, table: str, slug: object) -> Place:
    """Find a member's table.

    Raises
    ------
    MemberError
        When there is no such member, or it cannot be written to now.
    """
    rows = connection.fetch(query("targets"), [federation.name, slug, table])
    if not rows or rows[0][0] != "joined":
        known = [str(name) for (name,) in connection.fetch(query("members"), [federation.name])]
        more = f" and {len(known) - _SHOWN} more" if known[_SHOWN:] else ""
        raise MemberError(
            f"A row for {joined_table(federation.name, table)} must name its member in "
            f'"{federation.member_column}"; {slug!r} is none. Members that can be written to: '
            f"{', '.join(known[:_SHOWN]) or 'none'}{more}.",
            None,
            "22023",
        )
    [(_, suspended, reason, writable, server, relations)] = rows
    name = str(slug)
    if suspended:
        why = f": {reason}" if reason else ""
        raise MemberError(f'Member "{name}" is suspended{why}.', name, "55000")
    found = [_relation(data) for data in json.loads(relations or "[]")]
    own = next((each for each in found if each.view), None)
    foreign = {each.name.name: each for each in found if not each.view}
    if not writable or own is None or table not in foreign:
        raise MemberError(f'Member "{name}" can only be read.', name, "55000")
    return Place(federation, table, name, str(server), own, foreign)


def _relation(data: Mapping[str, Any]) -> Relation:
    columns = [TargetColumn(**column) for column in data["columns"]]
    name = QualifiedName(data["name"], data["schema"])
    by_name = {column.name: column for column in columns}
    return Relation(name, data["view"], data["permitted"], by_name)
