"""How the tables of members become one: a module a layout, each with the same parts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, cast

from exclave.federation.layouts import inheritance, union
from exclave.federation.shape import Federation
from exclave.federation.tables import JoinedTable
from exclave.objects import QualifiedName


class Layout(Protocol):
    """A module such as `exclave.federation.layouts.union`."""

    def parent(self, federation: Federation, joined: JoinedTable) -> QualifiedName | None:
        """Name the table from which members' tables inherit, if they do."""
        ...

    def parent_statements(
        self, federation: Federation, former: JoinedTable | None, joined: JoinedTable
    ) -> list[str]:
        """Give the statements that make that table, or give it further columns."""
        ...

    def children_statements(
        self,
        federation: Federation,
        joined: JoinedTable,
        attached: Collection[str],
        wanted: Collection[str],
    ) -> list[str]:
        """Give the statements by which tables in some schemas become children, or cease to."""
        ...

    def system_columns(self) -> Sequence[str]:
        """Name the system columns of members' tables that the joined table shows."""
        ...


LAYOUTS: Mapping[str, Layout] = {
    "union": cast("Layout", union),
    "inheritance": cast("Layout", inheritance),
}
"""The layouts by name."""


def layout_of(federation: Federation) -> Layout:
    """Give the layout of a federation."""
    return LAYOUTS[federation.layout]
