"""A database that is not in UTF-8: names and values arrive as what they are."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Cluster


def test_names_and_values_of_another_encoding(host_cluster: Cluster) -> None:
    with host_cluster.connect() as admin:
        admin.execute("DROP DATABASE IF EXISTS latin")
        admin.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        with host_cluster.connect("latin") as connection:
            connection.execute("CREATE EXTENSION exclave_fdw")
            connection.execute("SELECT exclave.create_wrapper('store', 'trial_writes:Store')")
            connection.execute("CREATE SERVER store FOREIGN DATA WRAPPER store")
            connection.execute(
                sql.SQL(
                    "CREATE FOREIGN TABLE {} ({} int, {} text) SERVER store OPTIONS ({} {})"
                ).format(*map(sql.Identifier, ("tâble", "clé", "évènement", "store")), "là")
            )
            connection.execute("ALTER FOREIGN TABLE tâble OPTIONS (ADD key 'clé')")
            insert = "INSERT INTO tâble VALUES (1, 'é'), (2, 'ÿ') RETURNING évènement"
            assert connection.execute(insert).fetchall() == [("é",), ("ÿ",)]
            changed = "UPDATE tâble SET évènement = évènement || 'ü' WHERE clé = 1 RETURNING *"
            assert connection.execute(changed).fetchall() == [(1, "éü")]
            connection.execute("ALTER FOREIGN TABLE tâble OPTIONS (ADD default 'évènement')")
            connection.execute("ALTER FOREIGN TABLE tâble OPTIONS (SET key 'ç')")
            with pytest.raises(psycopg.Error, match='"ç", which foreign table "tâble" has not'):
                connection.execute("DELETE FROM tâble")
    finally:
        with host_cluster.connect() as admin:
            admin.execute("DROP DATABASE latin WITH (FORCE)")
