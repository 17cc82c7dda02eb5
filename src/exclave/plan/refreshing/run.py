"""Refreshing materialized views: in order, concurrently where possible, one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from exclave.catalog import Connection, connection_of
from exclave.errors import PlanError, RefreshError, RemoteRefreshError
from exclave.objects import QualifiedName
from exclave.objects.secret import MASK
from exclave.plan.ledger import LedgerTable
from exclave.plan.query import query
from exclave.plan.refreshing.outcome import Refreshed
from exclave.plan.refreshing.view import View, ViewName, chosen, read_views

LOCK_SPACE = 0x78635246 << 32
"""Advisory locks of refreshes: "xcRF" in ASCII, and the view's object identifier."""

_REMOTE = ("08", "HV")  # SQLSTATE classes of connections and of foreign-data wrappers
_REMOTE_COMMAND = "remote SQL command"  # what postgres_fdw puts into an error's context
_PASSWORD = re.compile(
    r"(passw(?:or)?d\s*=\s*)(?:'(?:[^'\\]|\\.)*'|[^\s'\"]+)|(://[^:/@\s]*:)[^@\s]+@",
    re.IGNORECASE,
)


def refresh(
    connection: object,
    names: Iterable[ViewName] | None = None,
    *,
    concurrently: bool | Literal["auto"] = "auto",
    wait: bool = True,
    keep_going: bool = False,
) -> list[Refreshed]:
    """Refresh materialized views, each after those that it reads.

    Each one is refreshed in a transaction of its own, so that those before a failure stay
    refreshed and the data of the failed one stays as it was. When it was refreshed, how long that
    took, or why it failed, is kept (see `refresh_status`). A lock keeps two refreshes of one view
    apart. Its query is run with the privileges and the user mapping of the view's owner.

    Parameters
    ----------
    connection
        A psycopg 3 connection or a `Connection`. With an open transaction all of it is one
        transaction, and the caller's to commit.
    names
        Which views, each as its name in SQL, a `QualifiedName` or a `MaterializedView`; ``None``
        refreshes all that the role may refresh.
    concurrently
        ``"auto"`` lets readers go on reading the old data meanwhile where PostgreSQL can: the
        view has data and a unique index over plain columns without WHERE. ``True`` insists on
        that, ``False`` does without, which is faster when most rows change.
    wait
        Whether to wait for another refresh of the same view; else that is an error.
    keep_going
        Whether to go on after a failure with the views that do not read the failed one; the
        error is raised in the end.

    Returns
    -------
    list of Refreshed
        What was done with each view, in order.

    Raises
    ------
    PlanError
        When there is no such view, or one cannot be refreshed concurrently as was asked. Nothing
        was done.
    PrerequisiteError
        When the role may not refresh a view. Nothing was done.
    RefreshError
        When a view could not be refreshed; a `RemoteRefreshError` when a foreign server is to
        blame. What was done with all views is in its `results`.

    Notes
    -----
    PostgreSQL documentation, "REFRESH MATERIALIZED VIEW".
    """
    hub = connection_of(connection)
    with hub.transaction():
        every = read_views(hub)
        views = chosen(hub, every, names)
    if concurrently is True:
        _refuse_obstacles(views)
    results: list[Refreshed] = []
    failures: list[_Failure] = []
    failed: set[int] = set()
    for view in views:
        if lost := _read_by(view, every) & failed:
            failed.add(view.oid)
            culprits = ", ".join(sorted(str(every[oid].name) for oid in lost))
            results.append(
                Refreshed(view.name, "skipped", reason=f"it reads {culprits}, which failed")
            )
            continue
        done = _one(hub, view, concurrently, wait=wait)
        if isinstance(done, Refreshed):
            results.append(done)
            continue
        results.append(Refreshed(view.name, "failed", done.started, reason=done.message))
        failures.append(done)
        failed.add(view.oid)
        if not keep_going:
            break
    if failures:
        raise _error(failures, results, [view.name for view in views[len(results) :]])
    return results


def _refuse_obstacles(views: list[View]) -> None:
    obstacles = [f"{view}: {view.obstacle}" for view in views if view.obstacle is not None]
    if obstacles:
        raise PlanError(
            "Cannot be refreshed concurrently, and nothing was refreshed. "
            + "; ".join(obstacles)
            + ". Declare a unique index over plain columns and refresh once without "
            'concurrently, or leave it to concurrently="auto".'
        )


def _read_by(view: View, every: dict[int, View]) -> set[int]:
    """Give the views that one reads, and those that these read."""
    found: set[int] = set()
    waiting = [*view.uses]
    while waiting:
        oid = waiting.pop()
        if oid not in found and oid in every:
            found.add(oid)
            waiting.extend(every[oid].uses)
    return found


@dataclass(frozen=True, slots=True)
class _Failure:
    view: View
    started: datetime | None
    message: str
    sqlstate: str | None
    context: str
    data_of: datetime | None

    @property
    def is_remote(self) -> bool:
        return (self.sqlstate or "")[:2] in _REMOTE or _REMOTE_COMMAND in self.context

    def __str__(self) -> str:
        lines = [f"Could not refresh the {self.view}: {self.message}"]
        if self.context and _REMOTE_COMMAND in self.context:
            lines.append(self.context)
        if self.view.servers:
            several = "s" if len(self.view.servers) > 1 else ""
            lines.append(
                f"It reads from the foreign server{several} {', '.join(self.view.servers)}."
            )
        if not self.view.populated:
            lines.append("It has no data yet.")
        elif self.data_of is None:
            lines.append("Its old data is still there.")
        else:
            lines.append(f"Its data of {self.data_of:%Y-%m-%d %H:%M:%S%z} is still there.")
        return "\n".join(lines)


def _one(
    hub: Connection, view: View, concurrently: bool | Literal["auto"], *, wait: bool
) -> Refreshed | _Failure:
    started: datetime | None = None
    try:
        with hub.transaction():
            _lock(hub, view, wait=wait)
            started = _clock(hub)
            now = read_views(hub, view.oid).get(view.oid)
            if now is None:
                raise RefreshError(f"The {view} was dropped meanwhile.")
            obstacle = now.obstacle if concurrently else "it was not asked for"
            word = "" if obstacle else "CONCURRENTLY "
            hub.execute(f"REFRESH MATERIALIZED VIEW {word}{now.name}")
            duration = _record(hub, now, started, concurrently=not obstacle)
    except RefreshError as error:  # of our own: nothing was tried
        return _Failure(view, None, str(error), None, "", _data_of(hub, view))
    except Exception as error:
        sqlstate = hub.sqlstate(error)
        if sqlstate is None:
            raise
        message, context = _masked(hub.message(error)), _masked(hub.context(error))
    else:
        return Refreshed(now.name, "refreshed", started, duration, not obstacle, obstacle)
    _record_failure(hub, view, sqlstate, message)
    return _Failure(view, started, message, sqlstate, context, _data_of(hub, view))


def _lock(hub: Connection, view: View, *, wait: bool) -> None:
    """Take the lock of a view until the transaction ends.

    Raises
    ------
    RefreshError
        When another session has it and nobody is to wait.
    """
    key = LOCK_SPACE | view.oid
    if wait:
        hub.fetch("SELECT pg_catalog.pg_advisory_xact_lock($1::int8)::text", [key])
        return
    [(free,)] = hub.fetch("SELECT pg_catalog.pg_try_advisory_xact_lock($1::int8)", [key])
    holders = hub.fetch(query("refreshing/holder"), [key, view.oid])
    if free and not holders:
        return
    who = "another session"
    for pid, role, application, since in holders:
        program = f" ({application})" if application else ""
        when = f" since {since:%Y-%m-%d %H:%M:%S%z}" if since is not None else ""
        who = f'role "{role}", process {pid}{program},{when}'
    raise RefreshError(f"it is being refreshed by {who.rstrip(',')}")


def _clock(hub: Connection) -> datetime:
    [(now,)] = hub.fetch("SELECT pg_catalog.clock_timestamp()")
    return now


def _record(hub: Connection, view: View, started: datetime, *, concurrently: bool) -> timedelta:
    table = LedgerTable.find(hub, "view_refresh").made(hub)
    if table.usable:
        rows = hub.fetch(query("ledger/view_refresh_done"), [view.oid, started, concurrently])
    else:
        rows = hub.fetch("SELECT pg_catalog.clock_timestamp() - $1::timestamptz", [started])
    return rows[0][0]


def _record_failure(hub: Connection, view: View, sqlstate: str, message: str) -> None:
    with hub.transaction():
        table = LedgerTable.find(hub, "view_refresh").made(hub)
        if table.usable:
            hub.fetch(query("ledger/view_refresh_failed"), [view.oid, sqlstate, message])


def _data_of(hub: Connection, view: View) -> datetime | None:
    with hub.transaction():
        if not LedgerTable.find(hub, "view_refresh").usable:
            return None
        rows = hub.fetch(query("ledger/view_refresh_read"))
    return next((started for oid, started, *_ in rows if oid == view.oid), None)


def _masked(text: str) -> str:
    """Hide passwords that somebody may have put into a connection string."""
    return _PASSWORD.sub(
        lambda found: f"{found[1]}{MASK}" if found[1] else f"{found[2]}{MASK}@", text
    )


def _error(
    failures: list[_Failure], results: list[Refreshed], left: list[QualifiedName]
) -> RefreshError:
    lines = [str(failure) for failure in failures]
    for title, names in (
        ("Refreshed", [done.view for done in results if done.outcome == "refreshed"]),
        ("Skipped, since they read it", [d.view for d in results if d.outcome == "skipped"]),
        ("Not tried", left),
    ):
        if names:
            lines.append(f"{title}: {', '.join(map(str, names))}.")
    kind = RemoteRefreshError if all(each.is_remote for each in failures) else RefreshError
    return kind("\n".join(lines), failures[0].sqlstate, results)
