"""ANALYZE in the host: a class's sample of a table, and its estimate of the size."""

from __future__ import annotations

import math
from typing import Any

from exclave.fdw import told
from exclave.fdw.analyzing import Sample
from exclave.fdw.failure import WrapperError
from exclave.fdw.scanning import ScanContext, ScanRequest
from exclave.fdw.table import Table
from exclave.fdw.wrapper import ForeignDataWrapper


def size(wrapper: ForeignDataWrapper, table: Table) -> tuple[float, int] | None:
    """Give rows and bytes of a row, by the class's own estimate; None if it wants no ANALYZE.

    Rows are -1 where the class does not know.
    """
    if not wrapper.analyzable:
        return None
    names = tuple(column.name for column in table.columns)
    plan = wrapper.plan_scan(table, ScanRequest(names))
    return told.estimated_rows(plan), int(plan.width)


def sample(wrapper: ForeignDataWrapper, context: ScanContext, wanted: int) -> Sample | None:
    """Ask a class for its sample; None if the host shall scan the table."""
    answer: Any = wrapper.analyze(context.table, context, wanted)
    if answer is None:
        return None
    if not isinstance(answer, Sample):
        raise WrapperError(
            f"expected Sample or None of analyze, found {type(answer).__qualname__}",
            sqlstate="HV004",
        )
    if not 0 <= answer.total < math.inf:
        raise WrapperError(f"a sample cannot be of {answer.total} rows", sqlstate="HV024")
    return answer
