"""ANALYZE: rows that stand for all of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """A sample of a table's rows.

    Parameters
    ----------
    rows
        As `ForeignDataWrapper.scan` may give them: an Arrow stream, or an iterable of tuples with
        a value for each column of ``table.columns``. They should be taken at random; at most
        ``wanted`` of them are read.
    total
        How many rows the table has.
    """

    rows: Any
    total: float
