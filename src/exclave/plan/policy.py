"""What a plan may do beyond what was declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Policy:
    """How to treat what the declarations leave open.

    Parameters
    ----------
    unmanaged
        Wrappers, servers, user mappings and foreign tables that nobody declared: ``"ignore"``
        leaves them alone, ``"drop"`` drops them. Extensions, schemas and what belongs to an
        extension are never dropped for being undeclared.
    existing
        Declared objects that exist and differ: ``"alter"`` changes them, ``"keep"`` leaves them
        as they are, so that only missing ones are created.
    cascade
        Whether a replacement may take along what depends on the replaced object. Foreign tables
        and user mappings of a replaced server are put back; views and the like are lost.
    hidden
        Options of a user mapping that the database would not show and that exclave did not set
        itself: ``"keep"`` takes them for right, ``"set"`` sets them again.
    """

    unmanaged: Literal["ignore", "drop"] = "ignore"
    existing: Literal["alter", "keep"] = "alter"
    cascade: bool = False
    hidden: Literal["keep", "set"] = "keep"


DEFAULT_POLICY = Policy()
"""Alter what was declared, leave the rest alone, take nothing along."""
