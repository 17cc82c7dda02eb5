"""A table of the ledger: whether it can be trusted, and how it is made.

A table is made when it is first needed, and used only if it and the schema ``exclave`` belong to
the current role or to a superuser: anyone else's could be a trap. One that a superuser made
serves every role of the database; row-level security lets each write only its own rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from exclave.catalog import Connection
from exclave.plan.query import query

Name = Literal["secret_digest", "view_query", "view_refresh"]

NAMES: tuple[Name, ...] = ("secret_digest", "view_query", "view_refresh")

LOCK_KEY = 0x65786C6564676572
"""The advisory lock under which tables of the ledger are made: "exledger" in ASCII."""

_GUARDS: dict[Name, tuple[str, ...]] = {
    "secret_digest": ("own_rows",),
    "view_query": ("own_rows", "of_owner"),
    "view_refresh": ("own_rows", "of_owner"),
}


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """A table of a hub's ledger, as the current role finds it.

    Parameters
    ----------
    name
        Its name, in the schema ``exclave``.
    usable
        Whether it is there and can be trusted.
    creatable
        Whether the role could make it.
    has_schema
        Whether the schema is there.
    """

    name: Name
    usable: bool
    creatable: bool
    has_schema: bool

    @classmethod
    def find(cls, connection: Connection, name: Name) -> LedgerTable:
        """Look for a table of a hub's ledger."""
        [(trusted, creatable, schema)] = connection.fetch(query("ledger/find"), [name])
        return cls(name, bool(trusted), bool(creatable), bool(schema))

    def create(self, connection: Connection) -> LedgerTable:
        """Make the table, and the schema if that is not there."""
        with connection.transaction():
            if not self.has_schema:
                connection.execute("CREATE SCHEMA exclave")
                connection.execute("GRANT USAGE ON SCHEMA exclave TO PUBLIC")
            connection.execute(query(f"ledger/{self.name}"))
            connection.execute(f"ALTER TABLE exclave.{self.name} ENABLE ROW LEVEL SECURITY")
            for guard in _GUARDS[self.name]:
                connection.execute(query(f"ledger/{self.name}_{guard}"))
            connection.execute(
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON exclave.{self.name} TO PUBLIC"
            )
        return replace(self, usable=True, creatable=False, has_schema=True)

    def made(self, connection: Connection) -> LedgerTable:
        """Give the table, made if need be and if the role may; else as it is.

        It is made under a lock, since sessions may need it for the first time at once.
        """
        if self.usable or not self.creatable:
            return self
        with connection.transaction():
            connection.fetch("SELECT pg_catalog.pg_advisory_xact_lock($1::int8)::text", [LOCK_KEY])
            found = LedgerTable.find(connection, self.name)
            return found.create(connection) if found.creatable and not found.usable else found
