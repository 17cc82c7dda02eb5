"""The engine's statements for foreign tables and views, sent over SQLAlchemy or shown by it."""

from __future__ import annotations

import re
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


def creation(
    table: sa.Table, naming: Naming, *, if_not_exists: bool = False
) -> list[plan.Statement]:
    """Give the statements that create a foreign table or view: CREATE, then all else.

    Comments are not among them: SQLAlchemy sends those itself.
    """
    first, *others = plan.create_statements(_without_comments(declared_by(table, naming)))
    return [_provided(first, "IF NOT EXISTS") if if_not_exists else first, *others]


def removal(table: sa.Table, naming: Naming, *, if_exists: bool = False) -> list[plan.Statement]:
    """Give the statements that drop a foreign table or view."""
    first, *others = plan.drop_statements(declared_by(table, naming))
    return [_provided(first, "IF EXISTS") if if_exists else first, *others]


_HEAD = re.compile(r"(?:CREATE|DROP) (?:FOREIGN TABLE|MATERIALIZED VIEW) ")


def _provided(statement: plan.Statement, condition: str) -> plan.Statement:
    """Give a CREATE or DROP with a condition, which plans have no use for: they know."""
    first, *others = statement.fragments
    assert isinstance(first, str)
    return plan.Statement((_HEAD.sub(rf"\g<0>{condition} ", first, count=1), *others))


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
