"""A connection that counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from exclave.catalog import PsycopgConnection


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
