"""A role with no more than USAGE on a wrapper and CREATE on the database, and its superuser."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from exclave.cluster import Database
from exclave.objects import ForeignObject
from exclave.plan import Plan, Policy, make

NewRole = Callable[..., str]


class Hub:
    """A database with postgres_fdw and a role that may use it, and its superuser."""

    def __init__(self, database: Database, new_role: NewRole) -> None:
        self.database = database
        self.role = new_role("maker")
        self.reader = new_role("reader")
        self.admin = database.connect()
        self.run(
            "CREATE EXTENSION postgres_fdw",
            f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {self.role}",
            f"GRANT CREATE ON DATABASE {database.name} TO {self.role}",
        )
        self.session = database.connect(user=self.role)

    def run(self, *statements: str) -> None:
        """Run statements as superuser."""
        for statement in statements:
            self.admin.execute(statement.encode())

    def close(self) -> None:
        """Close both sessions."""
        self.session.close()
        self.admin.close()

    def apply(self, desired: Sequence[ForeignObject], policy: Policy | None = None) -> Plan:
        """Plan and apply as the role; afterwards there is nothing left to do, however often."""
        plan = make(self.session, desired, policy or Policy())
        assert plan.apply(self.session)
        for _ in range(2):
            again = make(self.session, desired, Policy())
            assert not again, again.text()
        return plan
