"""``exclave refresh``: how old materialized views are, and refreshing them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from exclave import plan
from exclave.cli.run import Run
from exclave.errors import ProjectError, RefreshError
from exclave.plan import Refreshed, RefreshStatus


def refresh(
    run: Run,
    views: Annotated[
        list[str] | None, typer.Argument(help="Views to refresh, named as in SQL.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Refresh all views that the role may refresh.")
    ] = False,
    concurrently: Annotated[
        bool | None,
        typer.Option(
            "--concurrently/--no-concurrently",
            help="Insist that the old rows can be read meanwhile, or do without; "
            "by default where PostgreSQL can.",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Whether to wait for others' refreshes.")
    ] = True,
    keep_going: Annotated[
        bool,
        typer.Option("--keep-going", help="After a failure go on with views that do not need it."),
    ] = False,
) -> None:
    """Refresh materialized views, each after those that it reads; without any, tell their age.

    Exit status: 0 done, 1 error; the data of a view that failed is as it was.
    """
    if views and every:
        raise ProjectError("Name views or say --all, not both.")
    project = run.project()
    with run.connected(project) as connection:
        if not views and not every:
            _show_age(run, plan.refresh_status(connection))
            return
        busy = run.asides.status("Refreshing …") if run.asides.is_terminal else nullcontext()
        try:
            with busy:
                results = plan.refresh(
                    connection,
                    views or None,
                    concurrently="auto" if concurrently is None else concurrently,
                    wait=wait,
                    keep_going=keep_going,
                )
        except RefreshError as error:
            _show_results(run, error.results)
            raise
    _show_results(run, results)


def _show_results(run: Run, results: Sequence[Refreshed]) -> None:
    if run.as_json:
        run.show_json({"views": [_result_dict(result) for result in results]})
        return
    for result in results:
        if result.outcome == "refreshed":
            run.show(str(result))


def _result_dict(result: Refreshed) -> dict[str, object]:
    return {
        "view": str(result.view),
        "outcome": result.outcome,
        "started": _instant(result.started),
        "seconds": _seconds(result.duration),
        "concurrently": result.concurrently,
        "reason": result.reason,
    }


def _show_age(run: Run, states: Sequence[RefreshStatus]) -> None:
    if run.as_json:
        run.show_json({"views": [_status_dict(state) for state in states]})
        return
    if not states:
        run.show("There is no materialized view that the role may refresh.")
        return
    table = Table("view", "refreshed", "took", "age", "", box=None, pad_edge=False)
    for state in states:
        table.add_row(
            str(state.view),
            f"{state.refreshed:%Y-%m-%d %H:%M:%S%z}" if state.refreshed else "unknown",
            "" if state.duration is None else f"{state.duration.total_seconds():.3f} s",
            _age(state.age),
            _remark(state),
            style=None if state.outcome != "failed" and state.populated else "red",
        )
    run.show_table(table)


def _remark(state: RefreshStatus) -> str:
    if state.failed is not None:
        error = (state.error or "").partition("\n")[0]
        return f"failed {state.failed:%Y-%m-%d %H:%M:%S%z}: {error}"
    return "" if state.populated else "has no data"


def _status_dict(state: RefreshStatus) -> dict[str, object]:
    return {
        "view": str(state.view),
        "populated": state.populated,
        "outcome": state.outcome,
        "refreshed": _instant(state.refreshed),
        "seconds": _seconds(state.duration),
        "age_seconds": _seconds(state.age),
        "concurrently": state.concurrently,
        "failed": _instant(state.failed),
        "sqlstate": state.sqlstate,
        "error": state.error,
    }


def _age(age: timedelta | None) -> str:
    """Give an age in its largest unit."""
    if age is None:
        return ""
    seconds = int(age.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()
