"""Transactions on the hub that wait for locks a short time only, and are tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from exclave.catalog import Connection
from exclave.errors import ApplyError
from exclave.federation.naming import GATE, private_schema
from exclave.federation.shape import Federation
from exclave.objects import QualifiedName

_T = TypeVar("_T")

LOCK_TIMEOUT = "400ms"
"""Below PostgreSQL's ``deadlock_timeout`` of 1 s: a reader in a deadlock is never the one to go."""

_PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.1
_TRANSIENT = frozenset({"55P03", "40P01", "40001"})
_LOCK = 0x6578636C61 << 8
"""The advisory lock under which joined tables are changed: "excla" in ASCII."""


def retried(connection: Connection, work: Callable[[], _T], what: str) -> _T:
    """Do some work in a transaction, again and again while others hold locks that it needs.

    Parameters
    ----------
    connection
        A session on the hub; within the caller's transaction the work is a savepoint.
    work
        The work. It may be done several times, each but the last rolled back.
    what
        What it is, for the message.

    Raises
    ------
    ApplyError
        When locks were not to be had for two minutes.
    """
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with connection.transaction():
                return work()
        except Exception as error:
            sqlstate = connection.sqlstate(error)
            if sqlstate not in _TRANSIENT:
                raise
            last = connection.message(error)
        if time.monotonic() > end:
            raise ApplyError(
                f"{what}: other sessions held on to the joined tables for "
                f"{_PATIENCE_SECONDS:.0f} s (last: {last}). Nothing was changed by that; try "
                "again, or end long transactions first.",
                sqlstate,
            )
        # the one thing to wait for is that others end their transactions, which nothing announces
        time.sleep(random.uniform(0.0, _PAUSE_SECONDS))


def take(connection: Connection, federation: Federation, views: Iterable[QualifiedName]) -> None:
    """Lock what is about to be replaced, without a deadlock with those who read it.

    Whoever reads a joined table locks the federation's gate before the members' views. So with
    the gate locked first, no reader can hold one view and wait for another: those who have
    passed it go on to their end, and others wait before it.
    """
    first = QualifiedName(GATE, private_schema(federation.name))
    for view in (first, *sorted(views, key=str)):
        connection.execute(f"LOCK TABLE {view} IN ACCESS EXCLUSIVE MODE")


def exclusively(connection: Connection) -> None:
    """Wait until no other program changes joined tables, until the transaction ends."""
    connection.fetch("SELECT pg_catalog.pg_advisory_xact_lock($1)::text", [_LOCK])


def impatiently(connection: Connection) -> None:
    """Wait for further locks a short time only, until the transaction ends."""
    connection.fetch("SELECT pg_catalog.set_config('lock_timeout', $1, true)", [LOCK_TIMEOUT])
