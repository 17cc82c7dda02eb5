"""How PostgreSQL prints declared queries, so that a changed declaration is told from an old one.

PostgreSQL does not keep the text of a materialized view's query, it prints another one. So each
declared query is kept in the table ``exclave.view_query`` of the hub, beside what PostgreSQL
printed of it when the view was made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from exclave.catalog import Connection, connection_of, read
from exclave.errors import PlanError
from exclave.objects import Catalog, ForeignObject, MaterializedView
from exclave.plan.ledger.table import LedgerTable
from exclave.plan.query import query

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ViewRecord:
    """How a declared query was printed.

    Parameters
    ----------
    query
        The declared query.
    definition
        What PostgreSQL printed of it.
    major
        The major version that printed it.
    """

    query: str
    definition: str
    major: int


def read_views(connection: Connection) -> Mapping[Key, Sequence[ViewRecord]]:
    """Read what is kept of materialized views, by schema and name; nothing without a ledger."""
    if not LedgerTable.find(connection, "view_query").usable:
        return {}
    found: defaultdict[Key, list[ViewRecord]] = defaultdict(list)
    for schema, name, *record in connection.fetch(query("ledger/view_query_read")):
        found[schema, name].append(ViewRecord(*record))
    return found


def record_views(
    connection: Connection,
    made: Sequence[MaterializedView],
    renamed: Sequence[tuple[Key, Key]],
    there: Catalog,
) -> None:
    """Keep what materialized views were made of, if there can be a ledger.

    Parameters
    ----------
    connection
        A session on the hub, in a transaction.
    made
        Those that were just created, as they were declared.
    renamed
        The old and the new keys of those that got another name.
    there
        What the database holds now.
    """
    table = LedgerTable.find(connection, "view_query")
    if made:
        table = table.made(connection)
    if table.usable:
        for was, becomes in renamed:
            connection.fetch(query("ledger/view_query_rename"), [*was, *becomes])
        _write(connection, made, there)
    if any(view.key in there.materialized_views and view.with_data for view in made):
        filled = LedgerTable.find(connection, "view_refresh").made(connection)
        if filled.usable:
            names = [[view.schema for view in made], [view.name for view in made]]
            connection.fetch(query("ledger/view_refresh_filled"), names)


def remember(connection: Connection, made: Sequence[MaterializedView]) -> None:
    """Keep what materialized views were made of that somebody else has just created.

    Parameters
    ----------
    connection
        A session on the hub.
    made
        The views as they were declared.
    """
    with connection.transaction():
        there = read(connection, schemas={view.schema for view in made}).catalog
        record_views(connection, made, (), there)


def adopt(
    connection: object, views: Catalog | Iterable[ForeignObject]
) -> tuple[MaterializedView, ...]:
    """Say of materialized views that are there that they are as declared.

    PostgreSQL does not keep the text of a query, so that exclave cannot tell whether a view that
    it did not make is as declared, nor whether one still is after PostgreSQL has been upgraded.
    Until this is called such a view is taken for right, and each plan says so. Afterwards any
    change of its declaration or of the view itself is seen.

    Parameters
    ----------
    connection
        A psycopg 3 connection or a `Connection`.
    views
        The declarations; what is no materialized view, or not there, is left out.

    Returns
    -------
    tuple of MaterializedView
        Those that were adopted.

    Raises
    ------
    PlanError
        When there can be no ledger for the role; an administrator makes one with
        `exclave.plan.install_ledger`.
    """
    hub = connection_of(connection)
    declared = views if isinstance(views, Catalog) else Catalog(views)
    with hub.transaction():
        there = read(hub, schemas={view.schema for view in declared.materialized_views.values()})
        found = [
            view
            for key, view in declared.materialized_views.items()
            if key in there.catalog.materialized_views
        ]
        if found:
            if not LedgerTable.find(hub, "view_query").made(hub).usable:
                raise PlanError(
                    "Nothing can be kept about materialized views: there is no ledger that the "
                    "role may use, and it may not make one. An administrator does so with "
                    "exclave.plan.install_ledger(connection)."
                )
            _write(hub, found, there.catalog)
    return tuple(found)


def _write(connection: Connection, views: Sequence[MaterializedView], there: Catalog) -> None:
    pairs = [
        (view, there.materialized_views[view.key])
        for view in views
        if view.key in there.materialized_views
    ]
    columns = [
        [view.schema for view, _ in pairs],
        [view.name for view, _ in pairs],
        [view.query for view, _ in pairs],
        [actual.query for _, actual in pairs],
    ]
    connection.fetch(query("ledger/view_query_write"), columns)
