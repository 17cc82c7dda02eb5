"""Roles for tests of plans, each with a name of its own on the cluster."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from psycopg import sql

from exclave.cluster import Cluster

_numbers = itertools.count(1)


@pytest.fixture
def new_role(cluster: Cluster) -> Callable[..., str]:
    """Make a role that may log in, and give its name."""

    def make(name: str = "role", attributes: str = "LOGIN") -> str:
        unique = f"{name}_{next(_numbers)}"
        with cluster.connect() as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} " + attributes).format(sql.Identifier(unique))
            )
        return unique

    return make
