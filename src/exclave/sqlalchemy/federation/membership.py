"""An object's member: it comes from the object it is put to, it never changes, and it fits."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import MANYTOONE, InstanceState, Mapper, RelationshipProperty, attributes

from exclave.errors import MembershipError
from exclave.sqlalchemy.declaration import federated_declaration_of


def member_key(mapper: Mapper[Any]) -> str | None:
    """Name the attribute that holds the member; ``None`` for classes of no federation."""
    declaration = federated_declaration_of(mapper.local_table)
    if declaration is None or declaration.member is not None:
        return None
    column = mapper.local_table.columns[declaration.federation.member_column]
    return mapper.get_property_by_column(column).key


def watch(mapper: Mapper[Any], class_: type[Any]) -> None:
    """Watch a class's member and relationships, once its mapper is configured."""
    key = member_key(mapper)
    if key is None:
        return
    event.listen(getattr(class_, key), "set", _member_set, propagate=True, raw=True)
    for attribute in mapper.class_manager.attributes:
        prop = attribute.prop
        if not isinstance(prop, RelationshipProperty) or not _is_shared(mapper, prop):
            continue
        watched = getattr(class_, prop.key)
        to_one = prop.direction is MANYTOONE
        put = _parent_set if to_one else _child_put
        event.listen(watched, "append" if prop.uselist else "set", put, propagate=True, raw=True)


def _is_shared(mapper: Mapper[Any], prop: Any) -> bool:
    """Tell whether a relationship leads to a class of the same federation."""
    if prop.viewonly:
        return False
    ours = federated_declaration_of(mapper.local_table)
    theirs = federated_declaration_of(prop.mapper.local_table)
    return (
        ours is not None
        and theirs is not None
        and theirs.member is None
        and ours.federation.name == theirs.federation.name
    )


def _parent_set(state: InstanceState[Any], value: object, *_: object) -> None:
    _bring(sa.inspect(value) if value is not None else None, state)


def _child_put(state: InstanceState[Any], value: object, *_: object) -> None:
    _bring(state, sa.inspect(value) if value is not None else None)


def _bring(parent: InstanceState[Any] | None, child: InstanceState[Any] | None) -> None:
    """Have a child belong to its parent's member, or refuse it when it belongs to another."""
    if parent is None or child is None:
        return
    ours, theirs = _member_of(parent), _member_of(child)
    if ours is None:
        return
    if theirs is None:
        key = member_key(child.mapper)
        assert key is not None
        attributes.set_attribute(child.object, key, ours)
    elif ours != theirs:
        raise MembershipError(
            f"{_named(child)} belongs to member {theirs!r}, and {_named(parent)} to {ours!r}; "
            "only rows of one member can be related."
        )


def _member_set(
    state: InstanceState[Any], value: object, former: object, initiator: object
) -> None:
    """Refuse another member for a row that has one, and tell the objects that are put to it."""
    del former, initiator
    known = _identity(state)
    if known is not None and value != known:
        raise MembershipError(
            f"{_named(state)} belongs to member {known!r}, which never changes. Add a copy of the "
            f"object to member {value!r} and delete this one."
        )
    if value is None:
        return
    state.dict[cast("str", member_key(state.mapper))] = value  # who is told may look here
    for attribute in state.mapper.relationships:
        if not _is_shared(state.mapper, attribute) or attribute.key not in state.dict:
            continue
        held = state.dict[attribute.key]
        to_one = attribute.direction is MANYTOONE
        others = [held] if not attribute.uselist else list(held)
        for other in filter(None, others):
            _check(state, value, sa.inspect(other), bring=not to_one)


def _check(
    state: InstanceState[Any], value: object, other: InstanceState[Any], *, bring: bool
) -> None:
    theirs = _member_of(other)
    if theirs is None and bring:
        key = member_key(other.mapper)
        assert key is not None
        attributes.set_attribute(other.object, key, value)
    elif theirs is not None and theirs != value:
        raise MembershipError(
            f"{_named(state)} cannot belong to member {value!r}: {_named(other)}, to which it is "
            f"related, belongs to {theirs!r}."
        )


def _identity(state: InstanceState[Any]) -> object:
    """Give the member of a row that the database has."""
    if state.identity is None:
        return None
    key = member_key(state.mapper)
    columns = [state.mapper.get_property_by_column(each).key for each in state.mapper.primary_key]
    return state.identity[columns.index(cast("str", key))]


def _member_of(state: InstanceState[Any]) -> object:
    known = _identity(state)
    return state.dict.get(member_key(state.mapper) or "") if known is None else known


def _named(state: InstanceState[Any]) -> str:
    return f"{state.class_.__name__}{state.identity or ''}"
