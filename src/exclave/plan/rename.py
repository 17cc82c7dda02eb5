"""Changes of name, made first so that all else is compared under the new names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from exclave.errors import DeclarationError
from exclave.objects import Catalog, ForeignTable, Server, Wrapper
from exclave.plan.change import Change
from exclave.plan.policy import Policy
from exclave.plan.state import Key, State, key_of, refer_anew

_T = TypeVar("_T", Wrapper, Server)


def apply_renames(
    actual: Catalog, desired: Catalog, policy: Policy
) -> tuple[list[Change], Catalog]:
    """Find the objects that are declared under a new name.

    Parameters
    ----------
    actual, desired
        The two catalogs.
    policy
        With ``existing="keep"`` nothing is renamed.

    Returns
    -------
    list of Change, Catalog
        The renames in order, and the actual catalog as it will be after them.

    Raises
    ------
    DeclarationError
        When two declarations claim one former name.
    """
    found = [
        *_renames(actual.wrappers, desired.wrappers),
        *_renames(actual.servers, desired.servers),
        *_table_renames(actual, desired),
    ]
    _refuse_claimed_twice(found)
    if policy.existing == "keep" or not found:
        return [], actual
    state = State(actual)
    done: list[Change] = []
    for change in found:
        moved = change
        for earlier in done:  # references that earlier renames have already moved
            assert moved.before is not None
            assert moved.after is not None
            moved = replace(
                moved,
                before=refer_anew(moved.before, earlier),
                after=refer_anew(moved.after, earlier),
            )
        for step in _steps(moved, state):
            state.follow(step)
            done.append(step)
    return done, state.catalog()


def _refuse_claimed_twice(renames: list[Change]) -> None:
    claimed: dict[Key, Change] = {}
    for change in renames:
        assert change.before is not None
        earlier = claimed.setdefault(key_of(change.before), change)
        if earlier is not change:
            raise DeclarationError(
                f"Both {earlier.subject} and {change.subject} say that they were "
                f"{change.before}; leave `renamed_from` to one of them."
            )


def _renames(actual: Mapping[str, _T], desired: Mapping[str, _T]) -> Iterator[Change]:
    for name, value in desired.items():
        former = value.renamed_from
        if former is None or name in actual:
            continue
        if former in actual and former not in desired:
            yield Change(actual[former], replace(actual[former], name=name))


def _table_renames(actual: Catalog, desired: Catalog) -> Iterator[Change]:
    for key, table in desired.foreign_tables.items():
        former = table.renamed_from
        if former is None or key in actual.foreign_tables:
            continue
        old_key = (former.schema or table.schema, former.name)
        if old_key in actual.foreign_tables and old_key not in desired.foreign_tables:
            before = actual.foreign_tables[old_key]
            yield Change(before, replace(before, schema=table.schema, name=table.name))


def _steps(change: Change, state: State) -> Iterator[Change]:
    """Move a table by way of free names: PostgreSQL changes its schema and its name one by one."""
    before, after = change.before, change.after
    if not (isinstance(before, ForeignTable) and isinstance(after, ForeignTable)):
        yield change
        return
    steps = [after]
    if before.schema != after.schema and before.name != after.name:
        ways = [replace(before, schema=after.schema), replace(before, name=after.name)]
        free = [way for way in ways if state.find(way) is None]
        aside = replace(before, name="exclave renaming")
        steps = [free[0], after] if free else [aside, replace(aside, schema=after.schema), after]
    for step in steps:
        yield Change(before, step)
        before = step
