"""The engine's statements for foreign tables and views, sent over SQLAlchemy or shown by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine.mock import MockConnection

from exclave import plan
from exclave.objects import ForeignTable, MaterializedView
from exclave.sqlalchemy.connection import SqlalchemyConnection
from exclave.sqlalchemy.desired import declared_by
from exclave.sqlalchemy.naming import Naming

Bind = sa.Connection | MockConnection


def creation(table: sa.Table, naming: Naming) -> list[plan.Statement]:
    """Give the statements that create a foreign table or view: CREATE, then all else.

    Comments are not among them: SQLAlchemy sends those itself.
    """
    return plan.create_statements(_without_comments(declared_by(table, naming)))


def removal(table: sa.Table, naming: Naming) -> list[plan.Statement]:
    """Give the statements that drop a foreign table or view."""
    return plan.drop_statements(declared_by(table, naming))


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


def _without_comments(value: ForeignTable | MaterializedView) -> ForeignTable | MaterializedView:
    columns = [replace(column, comment=None) for column in value.columns]
    return replace(value, columns=columns, comment=None)
