"""Relationships between classes of a federation: they join on the member too.

A `relationship()` that says nothing of its join finds the composite foreign key of the tables,
of which the member column is a part. What SQLAlchemy makes of that would set the member along
with the key, also to NULL. So the join is spelled out: the member is compared, the key is set.
"""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipProperty, foreign, remote

from exclave.sqlalchemy.declaration import federated_declaration_of


def spell_out(mapper: Mapper[Any], class_: type[Any]) -> None:
    """Spell out the joins of a class's relationships, before its mapper is configured."""
    del class_
    if federated_declaration_of(mapper.local_table) is None:
        return
    for attribute in mapper.class_manager.attributes:
        prop = attribute.prop
        if isinstance(prop, RelationshipProperty):
            _join(mapper, cast("Any", prop))


def _join(mapper: Mapper[Any], prop: Any) -> None:
    """Give a relationship its join, where the foreign keys of the two tables tell it."""
    given = prop._init_args
    if given.primaryjoin.argument is not None or given.secondary.argument is not None:
        return
    prop._setup_entity()
    one, other = mapper.local_table, prop.entity.local_table
    ours, theirs = federated_declaration_of(one), federated_declaration_of(other)
    if ours is None or theirs is None or ours.member is not None or theirs.member is not None:
        return
    if ours.federation.name != theirs.federation.name:
        return
    column = ours.federation.member_column
    found = _keys(one, other, column) + ([] if one is other else _keys(other, one, column))
    chosen = _resolved(prop, "foreign_keys")
    if chosen:
        found = [key for key in found if any(column in chosen for column in key.columns)]
    if len(found) == 1:  # otherwise SQLAlchemy says what is missing, or that there are several
        given.primaryjoin.argument = _condition(
            found[0], column, one, bool(_resolved(prop, "remote_side"))
        )
        given.foreign_keys.argument = None


def _keys(table: Any, target: Any, column: str) -> list[sa.ForeignKeyConstraint]:
    return [
        key
        for key in table.foreign_key_constraints
        if key.referred_table is target and column in key.columns
    ]


def _resolved(prop: Any, name: str) -> list[Any]:
    """Give an argument of a relationship, which may be a string or a function."""
    argument = getattr(prop._init_args, name)
    argument._resolve_against_registry(prop._clsregistry_resolvers[1])
    value = argument.resolved
    listed: list[Any] = [*value] if isinstance(value, list | tuple | set) else [value]
    return [
        each.__clause_element__() if hasattr(each, "__clause_element__") else each
        for each in listed
        if each is not None
    ]


def _condition(
    key: sa.ForeignKeyConstraint, column: str, parent: Any, to_one: bool
) -> sa.ColumnElement[bool]:
    """Compare the members, and the columns of the key to what they refer to.

    In a table that refers to itself, what is remote has to be told: the referred side for a
    relationship to one, and the referring side for one to many.
    """
    conditions: list[Any] = []
    itself = key.referred_table is parent and key.table is parent
    for element in key.elements:
        referring: Any = element.parent
        referred: Any = element.column
        if itself:
            referred = remote(referred) if to_one else referred
            referring = referring if to_one else remote(referring)
        if element.parent.name != column:
            referring = foreign(referring)
        conditions.append(referring == referred)
    return sa.and_(*conditions)
