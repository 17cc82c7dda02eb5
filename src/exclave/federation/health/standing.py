"""What the registry says of a member that a statement may read: suspended or not, kept rows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from exclave.catalog import Connection
from exclave.federation.health.query import query
from exclave.federation.health.state import Health


@dataclass(frozen=True, slots=True)
class Standing:
    """What the registry says of a joined member.

    Parameters
    ----------
    slug
        The member.
    suspended
        Since when it is suspended; ``None`` when it is not.
    reason
        Why it is.
    kept
        The tables of which the hub keeps its last known rows.
    age_seconds
        How old those were when this was read; ``None`` when there are none.
    read
        When it was read, by this process's monotonic clock.
    """

    slug: str
    suspended: datetime | None = None
    reason: str | None = None
    kept: frozenset[str] = frozenset()
    age_seconds: float | None = None
    read: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> timedelta | None:
        """How old the kept rows are by now; ``None`` when there are none."""
        if self.age_seconds is None:
            return None
        return timedelta(seconds=self.age_seconds + time.monotonic() - self.read)

    @property
    def health(self) -> Health:
        """Say of a suspended member that it is."""
        why = f"suspended since {self.suspended:%Y-%m-%d %H:%M:%S%z}" if self.suspended else ""
        message = f"{why}: {self.reason}" if self.reason else why
        return Health(self.slug, ok=False, reachable=False, reason="suspended", message=message)


def standings(connection: Connection, federation: str) -> dict[str, Standing]:
    """Read what the registry says of the members that the joined tables show.

    Parameters
    ----------
    connection
        A session on the hub, of any role that may read the federation.
    federation
        Its name.
    """
    return {
        slug: Standing(slug, suspended, reason, frozenset(kept), age)
        for slug, suspended, reason, kept, age in connection.fetch(query("standings"), [federation])
    }
