"""``exclave fed adopt``, ``upgrade`` and ``uninstall``: the hub as a whole."""

from __future__ import annotations

from typing import Annotated

import typer

from exclave.cli.exit import DIFFERENCES
from exclave.cli.federation.given import Yes, agreed
from exclave.cli.federation.opened import OwnerOption, opened
from exclave.cli.run import Run


def adopt(run: Run, yes: Yes = False, owner: OwnerOption = None) -> None:
    """Say of a hub that was copied, restored or renamed that it may touch its members.

    Exit status: 0 done, or nothing to do; 2 not done; 1 error.
    """
    question = "This hub may write to the members of the one that it was copied from. Adopt it?"
    with opened(run, owner) as at:
        if not agreed(run, question, yes=yes):
            raise typer.Exit(DIFFERENCES)
        done = at.hub.adopt()
    _told(run, done, "adopted", "This hub was at home already.", "The hub is adopted.")


def upgrade(run: Run, owner: OwnerOption = None) -> None:
    """Bring the registry of the hub to the version of this exclave.

    Exit status: 0 done, or nothing to do; 1 error.
    """
    with opened(run, owner) as at:
        done = at.hub.upgrade()
    _told(run, done, "upgraded", "The registry is up to date.", "The registry is upgraded.")


def uninstall(
    run: Run,
    yes: Yes = False,
    cascade: Annotated[
        bool, typer.Option("--cascade", help="Drop along what others made upon it.")
    ] = False,
    keep_owner: Annotated[
        bool, typer.Option("--keep-owner", help="Keep the owner role, although exclave made it.")
    ] = False,
    owner: OwnerOption = None,
) -> None:
    """Drop all that exclave made on the hub for federations. Members stay as they are.

    Exit status: 0 done, or nothing to do; 2 not done; 1 error, and nothing was changed.
    """
    question = "Drop all federations, joined tables and servers that exclave made on this hub?"
    with opened(run, owner) as at:
        if not agreed(run, question, yes=yes):
            raise typer.Exit(DIFFERENCES)
        done = at.hub.uninstall(cascade=cascade, drop_owner=not keep_owner)
    if run.as_json:
        run.show_json(
            {"dropped": list(done.dropped), "along": list(done.along), "left": list(done.left)}
        )
        return
    if not done:
        run.show("There was nothing of exclave's.")
        return
    run.show(f"Dropped: {len(done.dropped)} objects; nothing was changed at the members.")
    if done.along:
        run.show(f"Dropped along with them: {', '.join(done.along)}.")
    if done.left:
        run.show("What remains for an administrator:")
        for statement in done.left:
            run.show(f"    {statement}")


def _told(run: Run, done: bool, word: str, was: str, now: str) -> None:
    if run.as_json:
        run.show_json({word: done})
    else:
        run.show(now if done else was)
