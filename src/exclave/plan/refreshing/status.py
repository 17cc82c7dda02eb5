"""When materialized views were refreshed, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from exclave.catalog import connection_of
from exclave.plan.ledger import LedgerTable
from exclave.plan.query import query
from exclave.plan.refreshing.outcome import RefreshStatus
from exclave.plan.refreshing.view import ViewName, chosen, read_views


def refresh_status(
    connection: object, names: Iterable[ViewName] | None = None
) -> list[RefreshStatus]:
    """Tell how old the data of materialized views is.

    That is kept by `refresh` and when exclave creates a view with data; what else refreshes a
    view is not seen.

    Parameters
    ----------
    connection
        A psycopg 3 connection or a `Connection`; nothing is written through it.
    names
        Which views, each as its name in SQL, a `QualifiedName` or a `MaterializedView`; ``None``
        is all that the role may refresh.

    Returns
    -------
    list of RefreshStatus
        In the order in which they are refreshed.

    Raises
    ------
    PlanError
        When there is no such view.
    """
    hub = connection_of(connection)
    with hub.transaction():
        views = chosen(hub, read_views(hub), names)
        kept: dict[int, tuple[Any, ...]] = {}
        if LedgerTable.find(hub, "view_refresh").usable:
            rows = hub.fetch(query("ledger/view_refresh_read"))
            kept = {oid: tuple(rest) for oid, *rest in rows}
        [(now,)] = hub.fetch("SELECT pg_catalog.clock_timestamp()")
    found: list[RefreshStatus] = []
    for view in views:
        started, duration, concurrent, failed, sqlstate, error = kept.get(view.oid, (None,) * 6)
        if not view.populated:
            started = duration = concurrent = None
        age = None if started is None else now - started
        found.append(
            RefreshStatus(
                view.name,
                view.populated,
                started,
                duration,
                concurrent,
                age,
                failed,
                sqlstate,
                error,
            )
        )
    return found
