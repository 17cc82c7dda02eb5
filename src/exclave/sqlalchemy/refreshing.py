"""Refreshing the materialized views of a metadata."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, cast

import sqlalchemy as sa

from exclave import plan
from exclave.errors import DeclarationError
from exclave.objects import MaterializedView, QualifiedName
from exclave.sqlalchemy.connection import SqlalchemyConnection
from exclave.sqlalchemy.declaration import is_materialized_view
from exclave.sqlalchemy.naming import Naming

Views = sa.MetaData | Iterable[sa.Table | type | str | QualifiedName | MaterializedView] | None
"""All views of a metadata; some of them as tables, mapped classes or names; or all there are."""


def refresh(
    connection: sa.Connection,
    views: Views = None,
    *,
    concurrently: bool | Literal["auto"] = "auto",
    wait: bool = True,
    keep_going: bool = False,
) -> list[plan.Refreshed]:
    """Refresh materialized views, each after those that it reads; see `exclave.plan.refresh`.

    Parameters
    ----------
    connection
        The database; within an asynchronous program ``await connection.run_sync(…)``. Unless a
        transaction is open each view is refreshed in one of its own; else all of it belongs to
        that one, and is the caller's to commit.
    views
        All views of a `MetaData`; or some, as tables, mapped classes or names; ``None`` refreshes
        all that the role may refresh.
    concurrently, wait, keep_going
        As in `exclave.plan.refresh`.

    Returns
    -------
    list of Refreshed
        What was done with each view, in order.

    Raises
    ------
    RefreshError
        When a view could not be refreshed; its old data is still there.
    PlanError
        As `exclave.plan.refresh`; nothing was done.
    """
    session = SqlalchemyConnection(connection)
    names = _names(session, connection, views)
    return plan.refresh(session, names, concurrently=concurrently, wait=wait, keep_going=keep_going)


def refresh_status(connection: sa.Connection, views: Views = None) -> list[plan.RefreshStatus]:
    """Tell how old the data of materialized views is; see `exclave.plan.refresh_status`.

    Parameters
    ----------
    connection, views
        As in `refresh`.
    """
    session = SqlalchemyConnection(connection)
    return plan.refresh_status(session, _names(session, connection, views))


def _names(
    session: SqlalchemyConnection, connection: sa.Connection, views: Views
) -> list[QualifiedName | str] | None:
    if views is None:
        return None
    if isinstance(views, str):
        raise DeclarationError(f"views takes several views, not the string {views!r}.")
    chosen: list[Any]
    if isinstance(views, sa.MetaData):
        chosen = [table for table in views.tables.values() if is_materialized_view(table)]
    else:
        chosen = list(views)
    with session.transaction():  # which schema is the default one may have to be asked
        naming = Naming.of_connection(connection)
        return [_name(view, naming) for view in chosen]


def _name(view: Any, naming: Naming) -> QualifiedName | str:
    if isinstance(view, str | QualifiedName):
        return view
    if isinstance(view, MaterializedView):
        return view.qualified_name
    table = cast("sa.Table", getattr(view, "__table__", view))
    if not isinstance(table, sa.Table) or not is_materialized_view(table):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DeclarationError(
            f"{view!r} is no materialized view; declare it with MaterializedView."
        )
    return QualifiedName(str(table.name), naming.schema(table.schema))
