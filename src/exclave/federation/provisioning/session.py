"""Transactions on the hub that wait for locks a short time only, and are tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from exclave.catalog import Connection
from exclave.errors import ApplyError

_T = TypeVar("_T")

LOCK_TIMEOUT = "400ms"
"""Below PostgreSQL's ``deadlock_timeout`` of 1 s: a reader in a deadlock is never the one to go."""

_ATTEMPTS = 40
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
        When locks were not to be had in all of the attempts.
    """
    last = state = None
    for attempt in range(_ATTEMPTS):
        try:
            with connection.transaction():
                return work()
        except Exception as error:
            sqlstate = connection.sqlstate(error)
            if sqlstate not in _TRANSIENT:
                raise
            last, state = connection.message(error), sqlstate
        # the one thing to wait for is that others end their transactions, which nothing announces
        time.sleep(min(0.05 * 2**attempt, 1.0) * random.uniform(0.5, 1.0))
    raise ApplyError(
        f"{what}: other sessions held on to the joined tables in {_ATTEMPTS} attempts "
        f"(last: {last}). Nothing was changed by them; try again, or end long transactions first.",
        state,
    )


def exclusively(connection: Connection) -> None:
    """Wait until no other program changes joined tables, until the transaction ends."""
    connection.fetch("SELECT pg_catalog.pg_advisory_xact_lock($1)::text", [_LOCK])


def impatiently(connection: Connection) -> None:
    """Wait for further locks a short time only, until the transaction ends."""
    connection.fetch("SELECT pg_catalog.set_config('lock_timeout', $1, true)", [LOCK_TIMEOUT])
