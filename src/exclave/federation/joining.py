"""From the tables of members to the columns of the joined table, and how each member gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from exclave.errors import DeclarationError
from exclave.federation.columns import JoinedColumn, MemberColumn
from exclave.federation.labels import merged
from exclave.federation.naming import enum_type
from exclave.federation.remote import RemoteColumn, RemoteTable
from exclave.federation.shape import FederatedTable, Federation
from exclave.federation.widening import is_direct, is_text, joined_type, widens
from exclave.objects.data_type import canonical_type
from exclave.objects.names import split_qualified

_LITERAL = re.compile(
    r"\(?('(?:[^'\\]|'')*'|-?[0-9]+(?:\.[0-9]+)?|true|false)\)?(?:::[^':]+)?\Z", re.DOTALL
)
"""A constant as PostgreSQL prints it: what the first group holds needs no type of the remote's."""

_ANY_TEXT = "character varying"
"""What a column of a type that the hub lacks is declared as.

It is cast to text in its branch: then a filter is sent as ``column::text = …``, with parameters
too. Declared as text, a parameter would be compared with the remote's own type, and ORDER BY would
be by that type's order.
"""


@dataclass(frozen=True, slots=True)
class Joining:
    """The columns of a joined table.

    Parameters
    ----------
    columns
        Those of the joined table.
    of_members
        Those of each member's table, by slug, in the order that they have there.
    """

    columns: tuple[JoinedColumn, ...]
    of_members: Mapping[str, tuple[MemberColumn, ...]]


def join_columns(
    federation: Federation,
    table: FederatedTable,
    members: Mapping[str, RemoteTable],
    former: Sequence[JoinedColumn] = (),
) -> Joining:
    """Find the columns of a joined table.

    With the layout ``union`` it has the columns of all members, in the order in which they are
    first met; with ``inheritance`` those of the first member, which all others must have alike.

    Parameters
    ----------
    federation
        The federation.
    table
        Its table.
    members
        What each member's table is, by slug.
    former
        The columns that the joined table has. They stay, with their places, and with their types
        where the members' values fit.

    Raises
    ------
    DeclarationError
        When columns cannot be joined. The message names each with its members and types, and says
        how to put it right.
    """
    held = _held(federation, table, members, former)
    problems = list(_misnamed(federation, table, held)) if members else []
    known = {column.name: column for column in former}
    joins: dict[str, _Join] = {}
    for name, by_member in held.items():
        if not by_member:
            continue
        try:
            joins[name] = _join(federation, table, name, by_member, known.get(name))
        except _CannotJoinError as error:
            problems.append(str(error))
    if federation.layout == "inheritance":
        problems += _missing(members, held)
        problems += _unlike(joins, known)
    if problems:
        raise DeclarationError(f"{table} of {federation} cannot be joined.\n" + "\n".join(problems))
    columns = (joins[name].column if name in joins else known[name] for name in held)
    of_members = {
        slug: tuple(
            joins[column.joined_name].of_members[slug]
            for column in remote.columns
            if slug in held.get(column.joined_name, ())
        )
        for slug, remote in members.items()
    }
    return Joining(tuple(columns), of_members)


def _held(
    federation: Federation,
    table: FederatedTable,
    members: Mapping[str, RemoteTable],
    former: Sequence[JoinedColumn],
) -> dict[str, dict[str, RemoteColumn]]:
    """Give the names of the joined columns, with the column of each member that has it."""
    held: dict[str, dict[str, RemoteColumn]] = {column.name: {} for column in former}
    for slug, remote in members.items():
        more = federation.layout == "union" or not held
        for column in filter(lambda each: table.takes(each.joined_name), remote.columns):
            if more or column.joined_name in held:
                held.setdefault(column.joined_name, {})[slug] = column
    return held


def _misnamed(
    federation: Federation, table: FederatedTable, held: Mapping[str, Mapping[str, RemoteColumn]]
) -> Iterable[str]:
    if by_member := held.get(federation.member_column):
        yield (
            f'Column "{federation.member_column}" {_at(by_member)} has the name of the member '
            "column; give the federation another member_column, or leave it out with exclude=."
        )
    asked = {"only": table.only or (), "types": table.types}
    for what, names in asked.items():
        if missing := [name for name in names if name not in held]:
            listed = ", ".join(f'"{name}"' for name in missing)
            there = ", ".join(held) or "none"
            yield f"{what}= names {listed}, which no member has; the columns are {there}."


def _missing(
    members: Mapping[str, RemoteTable], held: Mapping[str, Mapping[str, RemoteColumn]]
) -> Iterable[str]:
    """Say which members lack columns, where all must have all: new ones and those joined before."""
    for name, by_member in held.items():
        if lacking := [slug for slug in members if slug not in by_member]:
            yield (
                f'The layout "inheritance" needs every column at every member; "{name}" is missing '
                f"at {', '.join(lacking)}. Add it there, leave it out with exclude= or only=, or "
                'take the layout "union".'
            )


def _unlike(joins: Mapping[str, _Join], former: Mapping[str, JoinedColumn]) -> Iterable[str]:
    """Say which columns differ, where all tables must be alike: types and collations."""
    for name, join in joins.items():
        kinds = {
            slug: f"{column.type} {column.collation or ''}".rstrip()
            for slug, column in join.of_members.items()
        }
        there = former.get(name)
        if there is not None and there.type == join.column.type:
            kind = f"{there.declared or there.type} {there.collation or ''}".rstrip()
            kinds = {"joined so far": kind, **kinds}
        if len(set(kinds.values())) > 1:
            each = ", ".join(f"{slug}: {kind}" for slug, kind in kinds.items())
            yield (
                f'The layout "inheritance" needs one type of "{name}" at all members ({each}). '
                'Make them alike, or take the layout "union".'
            )


class _CannotJoinError(Exception):
    """Why a column cannot be joined."""


@dataclass(frozen=True, slots=True)
class _Join:
    """A joined column, and how each member that has it gives it."""

    column: JoinedColumn
    of_members: Mapping[str, MemberColumn]


def _join(
    federation: Federation,
    table: FederatedTable,
    name: str,
    by_member: Mapping[str, RemoteColumn],
    former: JoinedColumn | None,
) -> _Join:
    labels: tuple[str, ...] | None = None
    forced = table.types.get(name)
    if forced is not None:
        type_ = _forced(name, forced)
    elif table.enums == "type" and any(column.enum is not None for column in by_member.values()):
        type_, labels = _enum(federation, name, by_member, former)
    else:
        type_ = _natural(name, by_member, former)
    declared = {
        slug: _declared(column, type_) if labels is None else type_
        for slug, column in by_member.items()
    }
    collation = _collation(type_, declared, by_member, former)
    of_members = {
        slug: _member_column(name, column, type_, declared[slug], collation)
        for slug, column in by_member.items()
    }
    kinds = set(declared.values())
    parent = kinds.pop() if federation.layout == "inheritance" and len(kinds) == 1 else type_
    return _Join(
        JoinedColumn(name, type_, labels, collation, None if parent == type_ else parent),
        of_members,
    )


def _forced(name: str, spelled: str) -> str:
    type_ = canonical_type(spelled)
    if type_ == "character(1)" or "(" in type_.split('"')[-1]:
        raise _CannotJoinError(
            f'types= gives "{name}" the type {spelled}; a joined column has no modifier. '
            f"Write the bare type, such as {'text' if type_.startswith('char') else 'numeric'}."
        )
    return type_


def _natural(name: str, by_member: Mapping[str, RemoteColumn], former: JoinedColumn | None) -> str:
    """Give the type that holds what all members have."""
    if lacking := {slug: column for slug, column in by_member.items() if column.unknown}:
        reasons = "; ".join(f"{slug}: {column.unknown}" for slug, column in lacking.items())
        raise _CannotJoinError(
            f'Column "{name}" has no type that the hub knows ({reasons}). Give it one with '
            f'types={{"{name}": "text"}}, leave it out with exclude=["{name}"], or create the '
            "type on the hub."
        )
    types = [_type_of(column) for column in by_member.values()]
    if (
        former is not None
        and former.enum is None
        and all(widens(each, former.type) for each in types)
    ):
        return former.type
    found = joined_type(types)
    if found is None:
        raise _CannotJoinError(
            f'Column "{name}" has types that cannot be joined: {_declarations(by_member)}. '
            f'Choose one with types={{"{name}": "text"}} (or another type to which all can be '
            f'cast), make them alike, or leave it out with exclude=["{name}"].'
        )
    return found


def _type_of(column: RemoteColumn) -> str:
    """Give a column's type; an enum's labels are text."""
    if column.enum is not None:
        return "text[]" if column.array else "text"
    return column.type or "text"


def _enum(
    federation: Federation,
    name: str,
    by_member: Mapping[str, RemoteColumn],
    former: JoinedColumn | None,
) -> tuple[str, tuple[str, ...]]:
    """Give the enum on the hub that has the labels of all members' enums."""
    kinds = {(_bare(column.enum_name), column.array) for column in by_member.values()}
    if len(kinds) > 1:
        raise _CannotJoinError(
            f'Column "{name}" is not of one enum at all members: {_declarations(by_member)}. '
            f'Take enums="text", or give it a type with types={{"{name}": "text"}}.'
        )
    [(enum, array)] = kinds
    orders = [column.enum or () for column in by_member.values()]
    if former is not None and former.enum is not None:
        orders.insert(0, former.enum)
    labels = merged(orders)
    if labels is None:
        each = "; ".join(f"{slug}: {', '.join(c.enum or ())}" for slug, c in by_member.items())
        raise _CannotJoinError(
            f'Column "{name}": the labels of enum "{enum}" stand in different orders ({each}). '
            f'Take enums="text", or give it a type with types={{"{name}": "text"}}.'
        )
    return f"{enum_type(federation, enum or name)}{'[]' if array else ''}", labels


def _bare(qualified: str | None) -> str | None:
    return None if qualified is None else split_qualified(qualified, "enum")[-1]


def _declared(column: RemoteColumn, type_: str) -> str:
    """Give the type with which the foreign table declares a member's column."""
    if column.type is not None:
        return type_ if is_direct(column.type, type_) else column.type
    array = "[]" if column.array and type_.endswith("[]") else ""
    # the cast must be one, or it is not sent
    return ("text" if type_.removesuffix("[]") == _ANY_TEXT else _ANY_TEXT) + array


def _collation(
    type_: str,
    declared: Mapping[str, str],
    by_member: Mapping[str, RemoteColumn],
    former: JoinedColumn | None,
) -> str | None:
    """Give the collation of a joined column: the one by which all members sort, if they do.

    One that is there keeps its own, since views of others may stand on it.
    """
    if not is_text(type_):
        return None
    if former is not None and is_text(former.type):
        return former.collation
    ways = {(column.sorts_as, column.sorts_alike) for column in by_member.values()}
    if not all(map(is_text, declared.values())) or len(ways) > 1:
        return None
    [(name, alike)] = ways
    return name if alike else None


def _member_column(
    name: str, column: RemoteColumn, type_: str, declared: str, collation: str | None
) -> MemberColumn:
    sorts_so = column.sorts_alike and column.sorts_as == collation
    if not is_text(type_) or (not is_text(declared) and collation is None):
        sorts_so = True  # a cast from another type is not sent, and gives the hub's default
    constant = None
    if column.default_is_constant and column.default is not None:
        found = _LITERAL.match(column.default)
        constant = found[1] if found else None
    is_null = column.default is not None and column.default.upper().startswith("NULL::")
    always = column.identity == "a" or bool(column.generated)
    generated = bool(column.identity or column.generated)
    return MemberColumn(
        name,
        column.name,
        column.number,
        declared,
        None if declared == type_ else type_,
        column.sorts_as if is_text(declared) else None,
        generated or (column.has_default and constant is None and not is_null),
        constant,
        always,
        column.not_null,
        opaque=column.type is None and is_text(declared),
        sorted_by=None if sorts_so else collation or '"default"',
    )


def _at(members: Iterable[str]) -> str:
    names = list(members)
    return f"at {', '.join(names[:5])}" + (f" and {len(names) - 5} more" if names[5:] else "")


def _declarations(by_member: Mapping[str, RemoteColumn]) -> str:
    """Say which members have which type."""
    by_type: dict[str, list[str]] = {}
    for slug, column in by_member.items():
        by_type.setdefault(column.declared, []).append(slug)
    return "; ".join(f"{declared} {_at(slugs)}" for declared, slugs in by_type.items())
