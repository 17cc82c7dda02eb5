"""What really reached the remote server: read from its log."""

from __future__ import annotations

import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from exclave.cluster import Cluster

_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*(?:\n\t.*)*)")
_CURSOR = re.compile(r"DECLARE \w+ CURSOR FOR ")
_HOUSEKEEPING = ("SET ", "START ", "COMMIT", "ABORT", "FETCH ", "CLOSE ", "DEALLOCATE ")
_PATIENCE = 10  # seconds


@dataclass
class Sent:
    """What one piece of work made the hub send.

    Parameters
    ----------
    statements
        Queries and changes, less the transaction and cursor commands around them.
    fetches
        How many times the next rows of a query were asked for.
    """

    statements: list[str] = field(default_factory=list[str])
    fetches: int = 0


@contextmanager
def recorded(cluster: Cluster) -> Generator[Sent]:
    """Collect what clients of a cluster send meanwhile."""
    sent = Sent()
    start = _mark(cluster)
    yield sent
    end = _mark(cluster)
    for match in _STATEMENT.finditer(cluster.log(), start, end):
        sql = " ".join(match[1].split())
        sent.fetches += sql.startswith("FETCH ")
        if not sql.startswith(_HOUSEKEEPING):
            sent.statements.append(_CURSOR.sub("", sql, count=1))


def _mark(cluster: Cluster) -> int:
    """Put a mark into the log and give its place: what came before it is there by then."""
    mark = uuid4().hex
    with cluster.connect() as connection:
        connection.execute(f"DO $$ BEGIN RAISE LOG '{mark}'; END $$".encode())
    deadline = time.monotonic() + _PATIENCE
    while (place := cluster.log().find(mark)) < 0:
        if time.monotonic() > deadline:
            raise TimeoutError("The server's log does not come.")
        time.sleep(0.01)
    return place
