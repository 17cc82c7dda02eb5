"""Changes of name, made first so that all else is compared under the new names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from exclave.objects import Catalog, Server, Wrapper
from exclave.plan.change import Change
from exclave.plan.policy import Policy
from exclave.plan.state import State, refer_anew

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
    """
    found = [
        *_renames(actual.wrappers, desired.wrappers),
        *_renames(actual.servers, desired.servers),
        *_table_renames(actual, desired),
    ]
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
        state.follow(moved)
        done.append(moved)
    return done, state.catalog()


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
