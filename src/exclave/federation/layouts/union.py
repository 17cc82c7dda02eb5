"""Layout "union": views of UNION ALL, whose members may differ."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from exclave.federation.shape import Federation
from exclave.federation.tables import JoinedTable
from exclave.objects import QualifiedName


def parent(federation: Federation, joined: JoinedTable) -> QualifiedName | None:
    """Name the table from which members' tables inherit: here there is none."""
    del federation, joined


def parent_statements(
    federation: Federation, former: JoinedTable | None, joined: JoinedTable
) -> list[str]:
    """Give the statements that make that table, or give it further columns."""
    del federation, former, joined
    return []


def children_statements(
    federation: Federation, joined: JoinedTable, attached: Collection[str], wanted: Collection[str]
) -> list[str]:
    """Give the statements by which tables in some schemas become children, and others cease to."""
    del federation, joined, attached, wanted
    return []


def system_columns() -> Sequence[str]:
    """Name the system columns of members' tables that the joined table shows."""
    return ()
