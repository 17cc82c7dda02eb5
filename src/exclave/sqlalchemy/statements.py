"""The engine's statements for a foreign table, sent over SQLAlchemy or shown by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine.mock import MockConnection

from exclave import plan
from exclave.objects import ForeignTable
from exclave.sqlalchemy.connection import SqlalchemyConnection
from exclave.sqlalchemy.desired import foreign_table_of
from exclave.sqlalchemy.naming import Naming

Bind = sa.Connection | MockConnection


def creation(table: sa.Table, naming: Naming) -> list[plan.Statement]:
    """Give the statements that create a foreign table: CREATE, then owner and privileges.

    Comments are not among them: SQLAlchemy sends those itself.
    """
    return plan.create_statements(_without_comments(foreign_table_of(table, naming)))


def removal(table: sa.Table, naming: Naming) -> list[plan.Statement]:
    """Give the statements that drop a foreign table."""
    return plan.drop_statements(foreign_table_of(table, naming))


def run(statements: Iterable[plan.Statement], bind: Bind) -> None:
    """Send statements, or hand them without their secrets to a mock connection."""
    for statement in statements:
        if isinstance(bind, MockConnection):
            bind.execute(as_ddl(statement))
        else:
            statement.run(SqlalchemyConnection(bind))


def as_ddl(statement: plan.Statement) -> sa.DDL:
    """Give a statement as DDL of SQLAlchemy's; a psql variable stands where a secret would."""
    return sa.DDL(statement.text.replace("%", "%%"))


def _without_comments(table: ForeignTable) -> ForeignTable:
    columns = [replace(column, comment=None) for column in table.columns]
    return replace(table, columns=columns, comment=None)
