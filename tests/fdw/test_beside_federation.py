"""The schema exclave is shared: the host's functions and a hub's registry, in either order."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Cluster, Database, fresh_database
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


def test_nobody_can_stand_before_create_wrapper(
    host: Database, connection: psycopg.Connection
) -> None:
    role = f"owner_{host.name}"
    connection.execute(
        sql.SQL("CREATE ROLE {0}; GRANT CREATE ON SCHEMA exclave TO {0}; SET ROLE {0}").format(
            sql.Identifier(role)
        )
    )
    for name, of_class in [("name", "text"), ("varchar", "varchar"), ("anyelement", "anyelement")]:
        connection.execute(
            f"CREATE FUNCTION exclave.create_wrapper({name}, {of_class}) RETURNS void "
            "LANGUAGE plpgsql AS 'BEGIN RAISE ''hijacked''; END'"
        )
    connection.execute("RESET ROLE")
    connection.execute("SELECT exclave.create_wrapper('numbers', 'trial_wrappers:Numbers')")
    connection.execute("CREATE SERVER s FOREIGN DATA WRAPPER numbers")
    connection.execute(
        sql.SQL("DROP OWNED BY {0} CASCADE; DROP ROLE {0}").format(sql.Identifier(role))
    )
