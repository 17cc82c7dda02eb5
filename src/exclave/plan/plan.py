"""A plan: ordered changes that can be shown, applied in one transaction, and reversed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exclave.plan.apply import apply
from exclave.plan.change import Change
from exclave.plan.policy import DEFAULT_POLICY, Policy
from exclave.plan.show import Json, change_dict, rich_text, shown_lines
from exclave.plan.statement import SecretVariables

if TYPE_CHECKING:
    from rich.text import Text


@dataclass(frozen=True, slots=True)
class Plan:
    """What turns one catalog into another.

    Parameters
    ----------
    changes
        The changes, in the order in which PostgreSQL takes them.
    policy
        The policy that they were made under.
    notes
        What a reader should know besides, a sentence each.
    """

    changes: tuple[Change, ...] = ()
    policy: Policy = DEFAULT_POLICY
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def sql(self) -> str:
        """Give the statements, to read or to run with psql.

        A psql variable such as ``:'ACCOUNTS_PASSWORD'`` stands where a secret would; two secrets
        never share one.

        Raises
        ------
        PlanError
            When a statement would have to hold what the database would not show.
        """
        variables = SecretVariables()
        return "".join(
            f"{statement.shown(variables)};\n"
            for change in self.changes
            for statement in change.statements
        )

    def reverse(self) -> Plan:
        """Give the plan that undoes this one once it is applied."""
        return Plan(tuple(change.reverse() for change in reversed(self.changes)), self.policy)

    def apply(
        self, connection: object, *, waiting: AbstractContextManager[object] | None = None
    ) -> bool:
        """Make the changes, in one transaction.

        The transaction takes an advisory lock and compares again under it: when the plan has
        meanwhile been applied by someone else, nothing is done; when the database has changed
        otherwise, the plan is refused. At the end it is read once more, and the transaction is
        rolled back unless the database is as planned.

        Parameters
        ----------
        connection
            A psycopg 3 connection or a `Connection`. An open transaction is joined by way of a
            savepoint, and is the caller's to commit.
        waiting
            Entered while another program has the lock, and left when it is ours: to tell a
            person what is waited for.

        Returns
        -------
        bool
            Whether anything was done.

        Raises
        ------
        StalePlanError
            When the database is neither as the plan found it nor as it would leave it.
        PrerequisiteError
            When an extension, role or privilege is missing.
        SecretError
            When a secret cannot be resolved.
        ApplyError
            When PostgreSQL refuses a statement, or the session's ``lock_timeout`` passes. The
            database is as it was.
        """
        return apply(self.changes, connection, waiting)

    def text(self) -> str:
        """Give the plan for a person to read; no value of a secret is in it."""
        return "".join(f"{line.text}\n" for line in shown_lines(self.changes, self.notes))

    def __rich__(self) -> Text:
        return rich_text(shown_lines(self.changes, self.notes))

    def to_dict(self) -> dict[str, Json]:
        """Give the plan as JSON takes it; no value of a secret is in it."""
        variables = SecretVariables()
        return {
            "changes": [change_dict(change, variables) for change in self.changes],
            "notes": list[Json](self.notes),
        }

    def json(self, *, indent: int | None = 2) -> str:
        """Give the plan as JSON text.

        Parameters
        ----------
        indent
            Spaces a level; ``None`` puts it on one line.
        """
        import json

        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)
