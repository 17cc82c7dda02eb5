"""What was done on a hub, when, and by whom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from exclave.catalog import Connection
from exclave.federation.registry.query import query


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done.

    Parameters
    ----------
    id
        Its number: a later event has a greater one.
    at
        When.
    role
        Who: the role that logged in.
    action
        What, such as ``"add member"``.
    federation, slug
        With which federation and member; ``None`` where it was with none.
    detail
        More of it, by name.
    """

    id: int
    at: datetime
    role: str
    action: str
    federation: str | None
    slug: str | None
    detail: Mapping[str, Any] = field(hash=False)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data for JSON; times as ISO 8601."""
        return {**asdict(self), "at": self.at.isoformat()}


def record(
    connection: Connection,
    action: str,
    federation: str | None = None,
    slug: str | None = None,
    **detail: Any,
) -> None:
    """Keep that something was done, in the transaction in which it is done.

    Parameters
    ----------
    connection
        A session on the hub, as the owner role.
    action
        What was done.
    federation, slug
        With which federation and member.
    **detail
        More of it: plain data. What is none is kept as its text; a `Secret` is a reference then.
    """
    text = json.dumps(detail, default=str, sort_keys=True)
    connection.fetch(query("history_write"), [action, federation, slug, text])


def history(
    connection: Connection,
    federation: str | None = None,
    slug: str | None = None,
    limit: int | None = None,
) -> list[Event]:
    """Give what was done, the last first.

    Parameters
    ----------
    connection
        A session on the hub, as the owner role.
    federation, slug
        Only what was done with this federation and this member; ``None`` takes all.
    limit
        How many at most; ``None`` takes all.
    """
    rows = connection.fetch(query("history_read"), [federation, slug, limit])
    return [
        Event(id_, at, role, action, of, member, json.loads(detail))
        for id_, at, role, action, of, member, detail in rows
    ]
