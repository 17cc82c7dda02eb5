"""``exclave fed drift`` and ``sync``: what changed at members, and following it."""

from __future__ import annotations

from typing import Annotated

import typer

from exclave.cli.exit import DIFFERENCES, FAILED
from exclave.cli.federation.applying import Rebuild
from exclave.cli.federation.opened import FederationOption, OwnerOption, opened
from exclave.cli.federation.progress import Progress, shown_progress
from exclave.cli.run import Run
from exclave.federation import Drift, DriftReport

SomeSlugs = Annotated[
    list[str] | None,
    typer.Argument(metavar="[MEMBER…]", help="Members by their slugs; default: all."),
]

_SIGNS = {"added": "+", "dropped": "-", "missing-table": "-"}
_STYLES = {"+": "green", "-": "red", "~": "yellow"}


def drift(
    run: Run,
    slugs: SomeSlugs = None,
    federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:
    """Show what members' tables are now against what the hub knows. Nothing is changed.

    Exit status: 0 nothing changed, 2 there are differences, 1 error, or members did not answer.
    """
    with opened(run, owner) as at, shown_progress(run) as progress:
        report = at.hub.drift(
            at.federation(federation), slugs or None, progress=_comparing(progress)
        )
    if run.as_json:
        run.show_json(report.to_dict())
    else:
        _show(run, report)
        if not report.drifts and not report.failures:
            run.show("Nothing has changed at the members.")
    if report.failures:
        raise typer.Exit(FAILED)
    if report.drifts:
        raise typer.Exit(DIFFERENCES)


def sync(
    run: Run,
    slugs: SomeSlugs = None,
    rebuild: Rebuild = False,
    federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:
    """Follow what changed at members, in one transaction. Views and grants of others survive.

    Exit status: 0 done, or nothing to do; 1 error, or members did not answer: others are followed.
    """
    with opened(run, owner) as at, shown_progress(run) as progress:
        done = at.hub.sync(
            at.federation(federation),
            slugs or None,
            rebuild=rebuild,
            progress=_comparing(progress),
        )
    tables = () if done.joining is None else done.joining.tables
    if run.as_json:
        run.show_json({**done.report.to_dict(), "tables": list(tables)})
    else:
        _show(run, done.report)
        if tables:
            run.show(f"Joined tables that changed: {', '.join(tables)}.")
        run.show("Done." if done else "There was nothing to follow.")
    if done.report.failures:
        raise typer.Exit(FAILED)


def _comparing(progress: Progress) -> Progress:
    return lambda what, done, total, last: progress("compare", done, total, last)


def _show(run: Run, report: DriftReport) -> None:
    for each in report.drifts:
        sign = _SIGNS.get(each.kind, "~")
        run.show(f"{sign} {_where(each)}: {_words(each)}", style=f"bold {_STYLES[sign]}")
        if each.before is not None:
            run.show(f"    - {each.before}", style="red")
        if each.after is not None:
            run.show(f"    + {each.after}", style="green")
    for slug, error in report.failures.items():
        run.tell(f"! {slug} could not be asked: {error}", "bold yellow")


def _where(drift: Drift) -> str:
    parts = [part for part in (drift.table, drift.column) if part is not None]
    return f"{drift.member} {'.'.join(parts)}" if parts else drift.member


def _words(drift: Drift) -> str:
    words = drift.kind.replace("-", " ")
    return f"{words} (queries that touch it fail)" if drift.breaks else words
