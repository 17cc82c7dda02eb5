"""The example of mufdw: its scripts run in psql, one after the other."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.hosting import host_environment

from exclave.cluster import Cluster, Database, fresh_database

EXAMPLE = Path(__file__).parents[2] / "examples" / "mufdw"


def psql(database: Database, script: str) -> str:
    """Run a script, and give what it shows."""
    installation = database.cluster.installation
    done = subprocess.run(
        [installation.program("psql"), "-X", "-q", "-A", "-t", "-f", EXAMPLE / script,
         database.dsn],
        env=installation.environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_the_scripts_of_the_example_show_what_they_say(
    host_cluster: Cluster, tmp_path: Path
) -> None:
    with fresh_database(host_cluster) as database:
        with database.connect() as connection:
            path = host_environment(tmp_path / "venv", EXAMPLE)
            connection.execute(f"ALTER DATABASE {database.name} SET exclave_fdw.python = '{path}'")
        assert psql(database, "players.sql").splitlines() == [
            f"{i}|nick_{i}|{i * 10}" for i in range(1, 11)
        ]
        try:
            shown = psql(database, "rights.sql")
            assert "permission denied for table players" in shown
            assert "nick_9|90\nnick_10|100\n" in shown
        finally:
            with database.connect() as connection:
                connection.execute("DROP OWNED BY reader; DROP ROLE reader")
        shown = psql(database, "leagues.sql").splitlines()
        assert shown[-5:] == [f"nick_{i}|{i * 10}" for i in range(5, 10)]
