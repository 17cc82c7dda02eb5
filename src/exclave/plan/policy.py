"""What a plan may do beyond what was declared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from exclave.objects import Catalog, ForeignObject
from exclave.plan.scope import Scope
from exclave.plan.state import schema_of


@dataclass(frozen=True, slots=True)
class Policy:
    """How to treat what the declarations leave open.

    Parameters
    ----------
    unmanaged
        Wrappers, servers, user mappings and foreign tables that nobody declared: ``"ignore"``
        leaves them alone, ``"drop"`` drops them. So it is with materialized views that exclave
        made; others are never dropped for being undeclared, nor are extensions, schemas and what
        belongs to an extension.
    existing
        Declared objects that exist and differ: ``"alter"`` changes them, ``"keep"`` leaves them
        as they are, so that only missing ones are created.
    cascade
        Whether a replacement may take along what depends on the replaced object. Foreign tables
        and user mappings of a replaced server are put back, as are materialized views; views and
        the like are lost.
    hidden
        Options of a user mapping that the database would not show and that exclave did not set
        itself: ``"keep"`` takes them for right, ``"set"`` sets them again.
    schemas
        Look at these schemas and the foreign tables and materialized views in them only; ``None``
        looks at all. What belongs to no schema (extensions, wrappers, servers, user mappings) is
        created and altered as declared, and never dropped for being undeclared.
    scope
        What decides object by object, and column by column, whether the plan is about it;
        ``None`` includes all.
    """

    unmanaged: Literal["ignore", "drop"] = "ignore"
    existing: Literal["alter", "keep"] = "alter"
    cascade: bool = False
    hidden: Literal["keep", "set"] = "keep"
    schemas: frozenset[str] | None = None
    scope: Scope | None = field(default=None, repr=False)

    def within(self, desired: Catalog) -> Catalog:
        """Give the declarations less those that stand in other schemas."""
        if self.schemas is None:
            return desired
        return Catalog(value for value in desired if schema_of(value) in (None, *self.schemas))

    def drops(self, value: ForeignObject) -> bool:
        """Tell whether an object is to be dropped if nobody declared it."""
        if self.unmanaged == "ignore" or getattr(value, "extension", None) is not None:
            return False
        return self.schemas is None or schema_of(value) in self.schemas


DEFAULT_POLICY = Policy()
"""Alter what was declared, leave the rest alone, take nothing along."""
