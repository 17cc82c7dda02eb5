"""The schema exclave is shared: the host's functions and a hub's registry, in either order."""

from __future__ import annotations

import pytest

from exclave.cluster import Cluster, fresh_database
from exclave.federation import Hub

FUNCTIONS = """
SELECT count(*) FROM pg_proc WHERE pronamespace = 'exclave'::regnamespace AND proname LIKE 'create%'
"""


@pytest.mark.parametrize("first", ["hub", "extension"])
def test_a_hub_may_run_wrappers(host_cluster: Cluster, first: str) -> None:
    with fresh_database(host_cluster) as made, made.connect() as connection:
        owner = f"owner_{made.name}"
        hub = Hub(connection, owner=owner)
        if first == "hub":
            assert hub.install()
        connection.execute("CREATE EXTENSION exclave_fdw")
        connection.execute("SELECT exclave.create_wrapper('numbers', 'trial_wrappers:Numbers')")
        if first == "extension":
            assert hub.install()
        assert hub.uninstall()
        [(left,)] = connection.execute(FUNCTIONS)
        assert left == 1
        connection.execute(
            "CREATE SERVER s FOREIGN DATA WRAPPER numbers;"
            "CREATE FOREIGN TABLE n (id int) SERVER s OPTIONS (count '3')"
        )
        assert connection.execute("SELECT sum(id) FROM n").fetchone() == (6,)
