"""What ``plan``, ``check`` and ``apply`` do alike: make the plan, as options and settings say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from exclave import plan
from exclave.project import Project

if TYPE_CHECKING:
    import psycopg

Unmanaged = Annotated[
    Literal["ignore", "drop"] | None,
    typer.Option(help="What nobody declared: leave it alone, or drop it."),
]
Cascade = Annotated[
    bool | None,
    typer.Option(
        "--cascade/--no-cascade",
        help="Whether replacing an object may take along what depends on it.",
    ),
]
HiddenOptions = Annotated[
    Literal["keep", "set"] | None,
    typer.Option(
        "--hidden",
        help="Options that the database would not show: take them for right, or set them again.",
    ),
]
Schemas = Annotated[
    list[str] | None,
    typer.Option(
        "--schema", help="Look at this schema and the foreign tables in it only; may be repeated."
    ),
]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the options say of the policy; ``None`` leaves it to the settings."""

    unmanaged: Literal["ignore", "drop"] | None = None
    cascade: bool | None = None
    hidden: Literal["keep", "set"] | None = None
    schemas: Sequence[str] | None = None


def make_plan(project: Project, connection: psycopg.Connection[Any], choices: Choices) -> plan.Plan:
    """Compare what a project declares with what a database holds."""
    policy = project.policy
    if choices.unmanaged is not None:
        policy = replace(policy, unmanaged=choices.unmanaged)
    if choices.cascade is not None:
        policy = replace(policy, cascade=choices.cascade)
    if choices.hidden is not None:
        policy = replace(policy, hidden=choices.hidden)
    if choices.schemas:
        policy = replace(policy, schemas=frozenset(choices.schemas))
    desired = project.desired(connection)
    with connection.transaction():
        return plan.make(connection, desired, policy)
