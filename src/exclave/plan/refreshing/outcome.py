"""What came of refreshing a materialized view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from exclave.objects import QualifiedName


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What `refresh` did with one materialized view.

    Parameters
    ----------
    view
        Its name.
    outcome
        ``"refreshed"``; ``"failed"``, so that it is as it was; or ``"skipped"``, since one that
        it reads failed.
    started
        When the refresh began; ``None`` when it was skipped.
    duration
        How long it took; ``None`` unless it was refreshed.
    concurrently
        Whether it could be read meanwhile.
    reason
        Why it was not refreshed concurrently, or not at all.
    """

    view: QualifiedName
    outcome: Literal["refreshed", "failed", "skipped"]
    started: datetime | None = None
    duration: timedelta | None = None
    concurrently: bool = False
    reason: str | None = None

    def __str__(self) -> str:
        if self.outcome != "refreshed" or self.duration is None:
            return f"{self.view}: {self.outcome}: {self.reason}"
        how = "concurrently" if self.concurrently else f"not concurrently: {self.reason}"
        return f"{self.view}: refreshed in {self.duration.total_seconds():.3f} s, {how}"


@dataclass(frozen=True, slots=True)
class RefreshStatus:
    """How old the data of a materialized view is.

    Parameters
    ----------
    view
        Its name.
    populated
        Whether it has data; one without cannot be read.
    refreshed
        When its last refresh began, which is how old its data is; ``None`` when nothing is kept
        of that.
    duration
        How long that took; ``None`` for data that came with its creation.
    concurrently
        Whether it was refreshed concurrently.
    age
        The time since then.
    failed
        When it could not be refreshed since; ``None`` when nothing failed.
    sqlstate, error
        Why.
    """

    view: QualifiedName
    populated: bool
    refreshed: datetime | None = None
    duration: timedelta | None = None
    concurrently: bool | None = None
    age: timedelta | None = None
    failed: datetime | None = None
    sqlstate: str | None = None
    error: str | None = None

    @property
    def outcome(self) -> Literal["unknown", "refreshed", "failed"]:
        """What came of the last refresh."""
        if self.failed is not None:
            return "failed"
        return "unknown" if self.refreshed is None else "refreshed"
