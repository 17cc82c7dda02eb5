"""How many rows a scan gives, and what it costs: guessed, without asking the other database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exclave.fdw import AnyOf, Comparison, Condition, IsNull, ScanRequest, Table
from exclave.wrappers.database import locations
from exclave.wrappers.database.selecting import Selection
from exclave.wrappers.database.tables import key_of

_ROWS = 1_000
_STARTUP_OF_A_FILE = 5.0
_STARTUP_OF_A_SERVER = 50.0
_PER_ROW = 0.05
_SENT_PER_ROW = 0.005
"""What the other database spends on a row that it does not send."""


@dataclass(frozen=True)
class Estimate:
    """Rows, and costs in PostgreSQL's units."""

    rows: float
    startup_cost: float
    cost: float


def estimate(table: Table, request: ScanRequest, selection: Selection) -> Estimate:
    """Estimate a scan from the option `rows` and the conditions that are applied exactly."""
    options: Any = table.options
    server: Any = table.server.options
    whole = float(_ROWS if options.rows is None else max(options.rows, 1))
    rows = whole
    exact = [request.conditions[place] for place in selection.exact]
    for condition in exact:
        rows *= _selectivity(condition)
    compared = {
        each.column for each in exact if isinstance(each, Comparison) and each.operator == "="
    }
    key = {column.name for column in key_of(table)}
    if key and key <= compared:
        rows = 1.0
    if selection.aggregated:
        rows = max(rows / 10, 1) if selection.group_by else 1.0
    if selection.limit is not None:
        rows = min(rows, selection.limit)
    rows = max(rows, 1.0)
    is_file = locations.is_file(locations.read(server.url))
    startup = _STARTUP_OF_A_FILE if is_file else _STARTUP_OF_A_SERVER
    worked = 0.0 if key and key <= compared else whole * _SENT_PER_ROW
    return Estimate(rows, startup, startup + worked + rows * _PER_ROW)


def _selectivity(condition: Condition) -> float:
    match condition:
        case Comparison(operator="="):
            return 0.01
        case AnyOf(every=False):
            return 0.05
        case IsNull(negated=True):
            return 0.99
        case IsNull():
            return 0.01
        case _:
            return 0.33
