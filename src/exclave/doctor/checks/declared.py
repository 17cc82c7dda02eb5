"""What was declared, against what is there."""

from __future__ import annotations

from collections.abc import Iterator

from exclave.catalog import Connection
from exclave.doctor.finding import Finding, on
from exclave.doctor.hub import Hub
from exclave.errors import ExclaveError
from exclave.objects import Catalog
from exclave.plan import make, prerequisites
from exclave.plan.need import Need

_EXTENSION = ("extension available", "wrapper exists")
_PREREQUISITE = (
    "role exists",
    "type exists",
    "function exists",
    "collation exists",
    "table exists",
)


def findings(connection: Connection, hub: Hub, desired: Catalog) -> Iterator[Finding]:
    """Find what the plan for the declarations would change, and what it lacks for that."""
    try:
        plan = make(connection, desired)
    except ExclaveError as error:
        yield Finding("differs-from-declared", "declarations", f"No plan can be made: {error}")
        return
    if not plan:
        return
    names = ", ".join(str(change.subject) for change in plan)
    yield Finding(
        "differs-from-declared",
        "declarations",
        f"{len(plan)} {'object is' if len(plan) == 1 else 'objects are'} not as declared: {names}.",
        on("code", "exclave plan    # shows the differences", "exclave apply   # makes them"),
    )
    for need in prerequisites.missing(connection, hub.snapshot, plan.changes):
        remedies = [on("hub", need.remedy)] if need.remedy else []
        yield Finding(_code(need), "declarations", need.message, *remedies)


def _code(need: Need) -> str:
    if need.question in _EXTENSION:
        return "missing-extension"
    return "missing-prerequisite" if need.question in _PREREQUISITE else "missing-privilege"
