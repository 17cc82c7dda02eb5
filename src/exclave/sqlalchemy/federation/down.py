"""Members that are down: what becomes of an engine's statements, and whose rows results hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

from exclave.errors import DeclarationError
from exclave.federation import Federation, Hub
from exclave.federation.health import Completeness, Down
from exclave.sqlalchemy.federation.execution import COMPLETENESS, DOWN, SESSION_DOWN, Execution

_MANY = "SELECT pg_catalog.set_config('exclave.write_members', 'many', true)"


def federate(
    bind: sa.Engine | AsyncEngine | sessionmaker[Any],
    hub: Hub,
    federation: Federation | Iterable[Federation] | None = None,
    *,
    down: Down | None = None,
    timeout_seconds: float | None = None,
) -> None:
    """Have statements over joined tables do without members that are down, or name them.

    Which members are down is found out before a statement is sent, if it is not known from a few
    seconds before, and those are left out as constants. When one goes down meanwhile, a
    statement is sent once more without it, if the transaction has written nothing. Statements
    that write are sent as they are, and fail with the names of those that are down.

    A statement has its own way with ``execution_options={"exclave_down": "skip"}``, and so has
    an engine or connection by ``execution_options(exclave_down="skip")``. `completeness` says
    whose rows a result holds.

    Parameters
    ----------
    bind
        An engine of the hub, or a `sessionmaker` for its sessions alone; its engine is
        prepared then too, and raises.
    hub
        The hub, by which is found out who is down: over a DSN or a synchronous engine, so that
        members are probed at the same time, and beside the caller's transaction.
    federation
        The federation, or the federations, whose tables statements may read; ``None`` takes all
        of the hub, whose shapes the hub's role must be able to read.
    down
        ``"raise"``: an error that names the members that are down. ``"skip"``: the rows of the
        others. ``"stale"``: also the last known rows of those, for tables that keep them.
        ``None`` is what the hub was given.
    timeout_seconds
        How long a member may stay silent until it counts as down; ``None`` is the hub's.

    Raises
    ------
    DeclarationError
        When `bind` is none of these, or `down` none of the three.
    """
    federations = [federation] if isinstance(federation, Federation) else federation
    federations = None if federations is None else tuple(federations)
    policy = hub.policy.changed(down, timeout_seconds)
    if isinstance(bind, sessionmaker):
        engine: object = bind.kw.get("bind")
        for_session, policy = policy.down, hub.policy.changed("raise", timeout_seconds)
    else:
        engine, for_session = bind, None
    if isinstance(engine, AsyncEngine):
        engine = engine.sync_engine
    if not isinstance(engine, sa.Engine):
        raise DeclarationError(
            f"{type(bind).__name__} has no engine to prepare; give an engine, or a sessionmaker "
            "that was made with one."
        )
    if for_session is not None and isinstance(bind, sessionmaker):
        event.listen(bind, "do_orm_execute", _chosen_for_sessions(for_session))
    if for_session is None or not Execution.is_prepared(engine):
        Execution(hub, federations, policy).listen(engine)


def _chosen_for_sessions(down: Down) -> Any:
    def choose(state: ORMExecuteState) -> None:
        writes = state.is_insert or state.is_update or state.is_delete
        if not writes and DOWN not in state.execution_options:
            state.update_execution_options(**{SESSION_DOWN: down})

    return choose


def completeness(result: object) -> Completeness:
    """Tell whose rows a result holds.

    Parameters
    ----------
    result
        What `execute` or `scalars` gave, of a connection or session whose engine was given to
        `federate`. What an ORM query loads by further statements is not part of it.

    Returns
    -------
    Completeness
        The members whose rows are in it, those that are missing, with reasons, and those whose
        last known rows are in it, with their ages.

    Raises
    ------
    DeclarationError
        When the result is none of a statement over joined tables of such an engine.
    """
    found: Any = result
    for name in ("_real_result", "raw"):
        inner = getattr(found, name, None)
        found = found if inner is None else inner
    context = getattr(found, "context", None)
    known = getattr(context, COMPLETENESS, None)
    if known is None:
        raise DeclarationError(
            "Whose rows the result holds is not known: its statement reads no joined table, or "
            "its engine was not given to exclave.sqlalchemy.federate."
        )
    return cast("Completeness", known() if callable(known) else known)


def allow_many_members(bind: sa.Connection | Session) -> None:
    """Let the transaction that is open write to several members.

    Each member's writes are atomic, but not all together: when one refuses at COMMIT, others
    may have committed already. So without this a second member is refused.

    Parameters
    ----------
    bind
        A connection or session; in an asynchronous program use ``await session.run_sync(…)``.
    """
    bind.execute(sa.text(_MANY))
