"""``exclave fed query``: a statement over joined tables, and whose rows it gave."""

from __future__ import annotations

import csv
import io
import json
import sys
from contextlib import nullcontext
from typing import Annotated, Literal

import typer
from rich.table import Table

from exclave.cli.federation.opened import OwnerOption, opened
from exclave.cli.run import Run
from exclave.federation.health import Completeness, QueryResult


def query(
    run: Run,
    sql: Annotated[str, typer.Argument(help="The statement; - reads it from standard input.")],
    down: Annotated[
        Literal["raise", "skip", "stale"] | None,
        typer.Option(
            help="Members that are down: an error, left out, or their last known rows. "
            "Default: raise."
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1, metavar="SECONDS", help="How long a member may stay silent; default: 5."
        ),
    ] = None,
    output: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help="How rows are printed.")
    ] = "table",
    owner: OwnerOption = None,
) -> None:
    """Run a statement over joined tables, whether or not all members are there.

    Whose rows are missing or old is told on standard error.

    Exit status: 0 done, 1 error.
    """
    text = sys.stdin.read() if sql == "-" else sql
    with opened(run, owner) as at:
        busy = run.asides.status("Asking members …") if run.asides.is_terminal else nullcontext()
        with busy:
            result = at.hub.query(text, down=down, timeout_seconds=timeout)
    if run.as_json:
        found = {"rows": result.dicts(), "completeness": result.completeness.to_dict()}
        run.show(json.dumps(found, indent=2, ensure_ascii=False, default=str))
        return
    if result.columns:
        _show(run, result, output)
    _tell(run, result.completeness)


def _show(run: Run, result: QueryResult, output: str) -> None:
    match output:
        case "csv":
            lines = io.StringIO()
            csv.writer(lines, lineterminator="\n").writerows([result.columns, *result.rows])
            run.show(lines.getvalue(), end="")
        case "json":
            run.show(json.dumps(result.dicts(), indent=2, ensure_ascii=False, default=str))
        case _:
            table = Table(*result.columns, box=None, pad_edge=False)
            for row in result.rows:
                table.add_row(*("" if value is None else str(value) for value in row))
            run.show_table(table)


def _tell(run: Run, found: Completeness) -> None:
    """Say whose rows are missing or old."""
    for slug, why in found.missing.items():
        run.tell(f"! {slug} is missing: {why}", "bold yellow")
    for slug, age in found.stale.items():
        seconds = age.total_seconds()
        run.tell(f"! {slug} is as it was {seconds:.0f} s ago: {found.reasons[slug]}", "yellow")
