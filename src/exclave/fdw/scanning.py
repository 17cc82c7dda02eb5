"""A scan: what a query asks for, what the wrapper plans to do, and what it knows as it does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from exclave.fdw.table import Table


@dataclass(frozen=True)
class ScanRequest:
    """What a query needs of a foreign table.

    Parameters
    ----------
    columns
        Names of the columns that it reads; the others need not be fetched.
    """

    columns: tuple[str, ...]


@dataclass(frozen=True)
class ScanPlan:
    """What a wrapper answers to a `ScanRequest`; PostgreSQL keeps it, also in cached plans.

    Parameters
    ----------
    remote
        Whatever the wrapper wants to find again in its scan: JSON's types only, and no secrets,
        as EXPLAIN (VERBOSE) shows it.
    rows
        How many rows the table has, as an estimate, before PostgreSQL's own conditions.
    width
        Bytes of an average row; 0 takes PostgreSQL's estimate.
    startup_cost, cost
        Of fetching the rows, in PostgreSQL's units (a page read in sequence is 1).
    columns
        Names of the columns that a row has, in this order; set by the host.
    """

    remote: Mapping[str, Any] = field(default_factory=dict[str, Any])
    rows: float = 1000
    width: int = 0
    startup_cost: float = 10
    cost: float = 100
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScanContext:
    """What a wrapper knows while it scans.

    Parameters
    ----------
    table
        The table, with its options as they are now and with those of the user's mapping.
    """

    table: Table

    def notice(self, message: str) -> None:
        """Send the client a message of level NOTICE."""
        import _exclave_host

        _exclave_host.log(_exclave_host.NOTICE, message)
