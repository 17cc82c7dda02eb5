"""Roles for tests of what a role may see, and a connection that counts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
from psycopg import sql

from exclave.catalog import PsycopgConnection
from exclave.cluster import Cluster

_numbers = itertools.count(1)


@pytest.fixture
def new_role(cluster: Cluster) -> Callable[..., str]:
    """Make a role that may log in, with a name of its own on the cluster, and give the name."""

    def make(name: str = "role", attributes: str = "LOGIN") -> str:
        unique = f"{name}_{next(_numbers)}"
        with cluster.connect() as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} " + attributes).format(sql.Identifier(unique))
            )
        return unique

    return make


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


@pytest.fixture
def counting() -> type[CountingConnection]:
    """The class of connections that remember what they were asked."""
    return CountingConnection
