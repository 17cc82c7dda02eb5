"""What the next apply would do, told without doing it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from exclave.catalog import Connection
from exclave.federation.member import MemberState
from exclave.federation.naming import check_federation
from exclave.federation.provisioning.digest import shape_digest
from exclave.federation.registry import rows
from exclave.federation.shape import Federation

Kind = Literal[
    "create federation", "add table", "drop table", "add member", "change member", "drop member",
    "grant", "revoke",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that an apply would do.

    Parameters
    ----------
    kind
        What.
    name
        With which table, member or role.
    reason
        Why, or what it takes.
    """

    kind: Kind
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.reason}"


@dataclass(frozen=True, slots=True)
class FederationPlan:
    """What the next apply of a federation would do; false when that is nothing.

    Parameters
    ----------
    federation
        The federation's name.
    steps
        The steps, in order.
    """

    federation: str
    steps: tuple[Step, ...]

    def __bool__(self) -> bool:
        return bool(self.steps)

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps)) or "Nothing to do: the federation is as declared."

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data for JSON."""
        return {
            "federation": self.federation,
            "steps": [
                {"kind": step.kind, "name": step.name, "reason": step.reason} for step in self.steps
            ],
        }


def plan(connection: Connection, federation: Federation) -> FederationPlan:
    """Compare a federation's shape with what the registry says was made.

    Parameters
    ----------
    connection
        A session in a transaction, as the owner.
    federation
        The federation.

    Raises
    ------
    DeclarationError
        When a name that the federation leads to is impossible.
    """
    check_federation(federation)
    return FederationPlan(federation.name, tuple(_steps(connection, federation)))


def _steps(connection: Connection, federation: Federation) -> Iterator[Step]:
    former = rows.load_federation(connection, federation.name)
    if former is None:
        yield Step("create federation", federation.name, "it is new on this hub")
        former = federation
    joined = rows.load_joined(connection, federation.name)
    for member in rows.load_members(connection, federation.name):
        yield from _of_member(federation, member)
    wanted = {table.name for table in federation.tables}
    for name in sorted(wanted - joined.keys()):
        yield Step("add table", name, f"it is joined as {federation.name}.{name}")
    for name in sorted(joined.keys() - wanted):
        yield Step("drop table", name, "the federation no longer has it")
    for what in ("readers", "writers"):
        had: frozenset[str] = getattr(former, what)
        has: frozenset[str] = getattr(federation, what)
        for role in sorted(has - had):
            yield Step("grant", role, f"it is to be among the {what}")
        for role in sorted(had - has):
            yield Step("revoke", role, f"it is no longer among the {what}")


def _of_member(federation: Federation, member: MemberState) -> Iterator[Step]:
    if member.state == "leaving":
        yield Step("drop member", member.slug, "it was removed")
    elif member.state == "adding" and member.joined is None:
        yield Step("add member", member.slug, "its tables are not joined yet")
    elif member.shape_digest != shape_digest(federation, member.slug) or member.state == "adding":
        yield Step("change member", member.slug, "its tables were made for another shape")
