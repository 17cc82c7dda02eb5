"""``exclave fed probe``, ``refresh``, ``suspend`` and ``resume``: members that may be down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated

import typer
from rich.table import Table

from exclave.cli.exit import DIFFERENCES, FAILED
from exclave.cli.federation.opened import FederationOption, OwnerOption, opened
from exclave.cli.federation.progress import Progress, shown_progress
from exclave.cli.run import Run
from exclave.federation.health import Health, Kept

Slugs = Annotated[list[str], typer.Argument(metavar="MEMBER…", help="Members by their slugs.")]
SomeSlugs = Annotated[
    list[str] | None,
    typer.Argument(metavar="[MEMBER…]", help="Members by their slugs; default: all."),
]
Timeout = Annotated[
    float,
    typer.Option(
        min=0.1, metavar="SECONDS", help="How long a member may stay silent until it is down."
    ),
]


def probe(
    run: Run,
    slugs: SomeSlugs = None,
    timeout: Timeout = 5.0,
    federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:
    """Ask members whether they answer, all silent ones at the same time. Nothing is changed.

    Exit status: 0 all are well, 2 some are not, 1 error.
    """
    with opened(run, owner) as at, shown_progress(run) as progress:
        found = at.hub.probe(
            at.federation(federation),
            slugs or None,
            timeout_seconds=timeout,
            progress=_of("probe", progress),
        )
    if run.as_json:
        run.show_json({"members": [each.to_dict() for each in found.values()]})
    elif found:
        run.show_table(_probed(found.values()))
    else:
        run.show("There is no member.")
    if not all(each.ok for each in found.values()):
        raise typer.Exit(DIFFERENCES)


def _probed(found: Iterable[Health]) -> Table:
    table = Table("member", "state", "took", "", box=None, pad_edge=False)
    for each in found:
        table.add_row(
            each.slug,
            "well" if each.ok else str(each.reason),
            "" if each.latency_ms is None else f"{each.latency_ms:.0f} ms",
            _line(each.message),
            style=None if each.ok else "red",
        )
    return table


def refresh(
    run: Run,
    slugs: SomeSlugs = None,
    timeout: Timeout = 5.0,
    limit: Annotated[
        float | None,
        typer.Option(min=0.1, metavar="SECONDS", help="How long copying one member may take."),
    ] = None,
    federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:
    """Keep the rows that members have now, of the tables that ask for it, for when they are down.

    Exit status: 0 done, 1 some failed: of these the rows stay that were kept before.
    """
    with opened(run, owner) as at, shown_progress(run) as progress:
        found = at.hub.refresh(
            at.federation(federation),
            slugs or None,
            timeout_seconds=timeout,
            limit_seconds=limit,
            progress=_of("refresh", progress),
        )
    if run.as_json:
        run.show_json({"members": [each.to_dict() for each in found.values()]})
    elif found:
        run.show_table(_kept(found.values()))
    else:
        run.show("There was nothing to keep.")
    if not all(each.ok for each in found.values()):
        raise typer.Exit(FAILED)


def _kept(found: Iterable[Kept]) -> Table:
    table = Table("member", "rows", "took", "", box=None, pad_edge=False)
    for each in found:
        table.add_row(
            each.slug,
            ", ".join(f"{number} of {name}" for name, number in sorted(each.rows.items())),
            f"{each.seconds:.1f} s",
            _line(each.failure or ""),
            style=None if each.ok else "red",
        )
    return table


def suspend(
    run: Run,
    slugs: Slugs,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why; readers are told.")
    ] = None,
    federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:
    """Keep the hub from members that are known to be down, until they are resumed.

    Queries that read them fail at once, saying why, or do without them where asked to.

    Exit status: 0 done, 1 error.
    """
    with opened(run, owner) as at:
        of = at.federation(federation)
        for slug in slugs:
            at.hub.suspend(of, slug, reason)
    _told(run, "suspended", slugs)


def resume(
    run: Run, slugs: Slugs, federation: FederationOption = None, owner: OwnerOption = None
) -> None:
    """Let the hub reach members again that were suspended.

    Exit status: 0 done, 1 error.
    """
    with opened(run, owner) as at:
        of = at.federation(federation)
        for slug in slugs:
            at.hub.resume(of, slug)
    _told(run, "resumed", slugs)


def _line(text: str) -> str:
    """Give a text of several lines as one."""
    return ": ".join(line.strip().rstrip(":") for line in text.splitlines())


def _of(what: str, progress: Progress) -> Callable[[int, int, str], None]:
    """Give what is told how far one thing is."""
    return lambda done, total, slug: progress(what, done, total, slug)


def _told(run: Run, done: str, slugs: Sequence[str]) -> None:
    if run.as_json:
        run.show_json({done: list(slugs)})
    else:
        run.show(f"{done.capitalize()}: {', '.join(slugs)}.")
