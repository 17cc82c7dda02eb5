"""What is kept of a plan: plain values, without those of conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.sql import ClauseElement

from exclave.fdw import Aggregate, ScanRequest, SortKey, Table
from exclave.wrappers.database.exactness import backend_of
from exclave.wrappers.database.failures import told
from exclave.wrappers.database.selecting import Selection, statement
from exclave.wrappers.database.through_adbc import dialect_of


def kept(
    selection: Selection, request: ScanRequest, table: Table, url: URL, driver: str | None
) -> dict[str, Any]:
    """Give a selection as JSON's types, and the statement as EXPLAIN shows it."""
    names = (
        (*selection.group_by, *(each.name for each in selection.aggregates))
        if selection.aggregated
        else request.columns
    )
    backend = backend_of(url.get_backend_name())
    select, _ = statement(
        selection, request.conditions, names, table, backend, typed=driver is not None
    )
    return {
        "sql": _shown(select, url, driver),
        "sent": selection.sent,
        "sort": [asdict(key) for key in selection.sort],
        "limit": selection.limit,
        "group_by": selection.group_by,
        "aggregates": [asdict(each) for each in selection.aggregates],
    }


def read(remote: Mapping[str, Any]) -> Selection:
    """Read what `kept` gave."""
    return Selection(
        sent=tuple(remote["sent"]),
        sort=tuple(SortKey(**key) for key in remote["sort"]),
        limit=remote["limit"],
        group_by=tuple(remote["group_by"]),
        aggregates=tuple(Aggregate(**each) for each in remote["aggregates"]),
    )


def _shown(select: ClauseElement, url: URL, driver: str | None) -> str:
    with told():
        dialect = dialect_of(url) if driver else url.get_dialect()()
    text = str(select.compile(dialect=dialect, compile_kwargs={"render_postcompile": True}))
    return " ".join(text.split("\n"))
