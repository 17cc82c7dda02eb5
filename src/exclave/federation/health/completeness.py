"""Whose rows a result holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whose rows a result holds, of the members that its statement reads.

    Parameters
    ----------
    members
        The slugs of those whose rows are in it as they are now. Where a statement reads several
        federations, a slug stands as ``federation/slug`` here and below.
    missing
        Those whose rows are not in it, by slug, and why.
    stale
        Those whose last known rows are in it, by slug, and how old these are.
    reasons
        Why the last known rows were taken, by slug.
    """

    members: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    stale: Mapping[str, timedelta] = field(default_factory=dict[str, timedelta], hash=False)
    reasons: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)

    @property
    def complete(self) -> bool:
        """Whether the rows of all members are in it as they are now."""
        return not self.missing and not self.stale

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data for JSON; ages in seconds."""
        return {
            "complete": self.complete,
            "members": list(self.members),
            "missing": dict(self.missing),
            "stale": {slug: age.total_seconds() for slug, age in self.stale.items()},
            "reasons": dict(self.reasons),
        }

    def __str__(self) -> str:
        parts = [f"missing {slug} ({why})" for slug, why in self.missing.items()]
        parts += [
            f"{slug} as it was {age.total_seconds():.0f} s ago ({self.reasons[slug]})"
            for slug, age in self.stale.items()
        ]
        return "; ".join(parts) if parts else "complete"
