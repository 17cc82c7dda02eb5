"""The number of statements depends on what must change, not on how much there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest

from exclave.catalog import PsycopgConnection
from exclave.cluster import Database
from exclave.objects import (
    Catalog,
    Column,
    Extension,
    ForeignObject,
    ForeignTable,
    Schema,
    Secret,
    Server,
    UserMapping,
)
from exclave.plan import make

FEW, MANY = 2, 100
TABLES = 5


class CountingConnection(PsycopgConnection):
    """A connection that remembers what it was asked."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        super().__init__(connection)
        self.statements: list[str] = []

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Sequence[Any]]:
        """Remember and run a query."""
        self.statements.append(sql)
        return super().fetch(sql, parameters)

    def execute(self, sql: str) -> None:
        """Remember and run a statement."""
        self.statements.append(sql)
        super().execute(sql)

    def execute_secret(self, sql: str, value: str) -> None:
        """Remember and run a statement, but not its secret."""
        self.statements.append(sql)
        super().execute_secret(sql, value)


def member(name: str) -> Iterator[ForeignObject]:
    """Give a member's server, mapping, schema and tables, with all kinds of properties."""
    server = Server(name, options={"host": f"{name}.example"}, grants={})
    yield server
    yield UserMapping(
        server, options={"user": "reader", "password": Secret.literal(f"password of {name}")}
    )
    yield Schema(server.name, comment="A member")
    for table in range(TABLES):
        yield ForeignTable(
            f"t{table}",
            [
                Column("id", "int8", not_null=True, options={"column_name": "ID"}),
                Column("note", "erp.note", collation="C", comment="a domain of the hub"),
                Column(f"c{table}", "varchar(40)", default="'x'", grants={"PUBLIC": ["SELECT"]}),
            ],
            server=server,
            schema=server.name,
            options={"table_name": f"t{table}"},
        )


def hub(members: int) -> Catalog:
    """Give the declarations of a hub."""
    found = [value for number in range(members) for value in member(f"member_{number}")]
    return Catalog([Extension("postgres_fdw"), *found])


def session_on(connection: psycopg.Connection[Any], members: int) -> CountingConnection:
    """Make a hub, and give a session on it."""
    connection.execute("CREATE SCHEMA erp")
    connection.execute("CREATE DOMAIN erp.note AS text")
    assert make(connection, hub(members)).apply(connection)
    return CountingConnection(connection)


@pytest.fixture
def small(database: Database) -> Iterator[CountingConnection]:
    """A session on a hub with few members."""
    with database.connect() as connection:
        yield session_on(connection, FEW)


@pytest.fixture
def large(remote_database: Database) -> Iterator[CountingConnection]:
    """A session on a hub with many members."""
    with remote_database.connect() as connection:
        yield session_on(connection, MANY)


def test_a_plan_takes_the_same_queries_on_a_small_and_on_a_large_hub(
    small: CountingConnection, large: CountingConnection
) -> None:
    assert not make(small, hub(FEW))
    assert not make(large, hub(MANY))
    assert len(small.statements) == len(large.statements) <= 7


def test_one_member_more_takes_statements_for_that_one_only(
    small: CountingConnection, large: CountingConnection
) -> None:
    sent: list[list[str]] = []
    for session, members in ((small, FEW), (large, MANY)):
        plan = make(session, [*hub(members), *member("one_more")])
        assert len(plan) == 3 + TABLES
        assert all("one_more" in str(change.subject) for change in plan)
        planned = [statement.text for change in plan for statement in change.statements]
        session.statements.clear()
        assert plan.apply(session)
        sent.append(session.statements)
        assert set(planned) - set(session.statements) == {
            text for text in planned if "secret" in text
        }
    assert sent[0] == sent[1]
    assert len(sent[1]) - len(planned) < 25


def test_one_changed_member_takes_statements_for_that_one_only(
    large: CountingConnection,
) -> None:
    desired = [
        Server(value.name, value.wrapper, options={"host": "moved.example"})
        if isinstance(value, Server) and value.name == "member_7"
        else value
        for value in hub(MANY)
    ]
    plan = make(large, desired)
    assert plan.sql() == "ALTER SERVER member_7 OPTIONS (SET host 'moved.example');\n"
    assert plan.apply(large)
    assert not make(large, desired)
