"""The foreign table that bad plans are about, and the check that a plan is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from exclave.catalog import read
from exclave.errors import ExclaveError
from exclave.objects import Column, ForeignObject, ForeignTable
from exclave.plan import Policy, make

Connection = psycopg.Connection[Any]


def run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement.encode())


def orders(**changes: Any) -> ForeignTable:
    given: dict[str, Any] = {
        "name": "orders",
        "columns": [Column("id", "int"), Column("note", "text")],
        "server": "s",
        "schema": "erp",
    }
    return ForeignTable(**{**given, **changes})


def refused(
    admin: Connection,
    desired: Sequence[ForeignObject],
    kind: type[ExclaveError],
    *words: str,
    policy: Policy | None = None,
) -> str:
    """Plan and apply, which must fail with these words; nothing has changed then."""
    before = read(admin).catalog
    with pytest.raises(kind) as caught:
        make(admin, desired, policy or Policy()).apply(admin)
    for word in words:
        assert word in str(caught.value)
    assert read(admin).catalog == before
    return str(caught.value)
