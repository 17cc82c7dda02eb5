"""What a probe said of a member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Reason = Literal[
    "refused",
    "silent",
    "password",
    "database",
    "permission",
    "table",
    "broken",
    "busy",
    "suspended",
    "not tried",
    "other",
]
"""Why a member does not answer as it should."""


@dataclass(frozen=True, slots=True)
class Health:
    """What a probe said of a member.

    Parameters
    ----------
    slug
        The member.
    ok
        Whether it answered, and had nothing to complain of.
    reachable
        Whether it answered at all; a member without the table, or one that will not let it be
        read, does.
    latency_ms
        How many milliseconds it took, with what the hub adds; ``None`` when nothing came.
    sqlstate
        The SQLSTATE that the hub gave.
    reason
        ``"refused"``: nothing listens there, or the way is closed. ``"silent"``: it did not
        answer in time. ``"password"``: it did not let the hub log in. ``"database"``: its
        database is gone. ``"permission"``: it has not what rights the hub needs. ``"table"``:
        it lacks a table or column. ``"broken"``: the connection was lost. ``"busy"``: it takes
        no more connections, starts or stops. ``"suspended"``: it was suspended on the hub.
        ``"not tried"``: nothing on the hub leads to it, or other silent members held all
        sessions. ``"other"``: see the message. ``None`` when it is well.
    message
        What the hub, and through it the member, said.
    """

    slug: str
    ok: bool
    reachable: bool
    latency_ms: float | None = None
    sqlstate: str | None = None
    reason: Reason | None = None
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __str__(self) -> str:
        if self.ok:
            return "well" if self.latency_ms is None else f"well, {self.latency_ms:.0f} ms"
        message = " ".join(self.message.split())
        if self.reason == "suspended" or not message:
            return message or str(self.reason)
        return f"{self.reason}: {message}"


def well(slug: str, latency_ms: float | None = None) -> Health:
    """Say that a member answered."""
    return Health(slug, ok=True, reachable=True, latency_ms=latency_ms)


def silent(slug: str, timeout_seconds: float, sqlstate: str | None = None) -> Health:
    """Say that a member did not answer in time."""
    message = f"it did not answer within {timeout_seconds:g} s"
    return Health(
        slug, ok=False, reachable=False, sqlstate=sqlstate, reason="silent", message=message
    )


def not_tried(slug: str, why: str) -> Health:
    """Say that it is not known whether a member answers."""
    return Health(slug, ok=False, reachable=False, reason="not tried", message=why)
