"""What really reached the remote server: read from its log."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from exclave.cluster import Cluster

_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*(?:\n\t.*)*)")
_CURSOR = re.compile(r"DECLARE \w+ CURSOR FOR ")
_HOUSEKEEPING = ("SET ", "START ", "COMMIT", "FETCH ", "CLOSE ", "DEALLOCATE ")


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
    before = len(cluster.log())
    yield sent
    for match in _STATEMENT.finditer(cluster.log()[before:]):
        sql = " ".join(match[1].split())
        sent.fetches += sql.startswith("FETCH ")
        if not sql.startswith(_HOUSEKEEPING):
            sent.statements.append(_CURSOR.sub("", sql, count=1))
