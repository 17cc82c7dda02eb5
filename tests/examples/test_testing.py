"""The example of tests: they pass under pytest-xdist, and leave nothing on the servers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from exclave.cluster import Cluster

EXAMPLE = Path(__file__).parents[2] / "examples" / "testing"
WORKERS = 2


def contents(cluster: Cluster) -> list[str]:
    """List the databases and roles of a server."""
    with cluster.connect() as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database UNION ALL SELECT rolname FROM pg_roles ORDER BY 1"
        ).fetchall()
    return [name for (name,) in rows]


def test_the_tests_of_an_example_pass_in_several_processes_and_undo_what_they_write(
    cluster: Cluster, remote_cluster: Cluster, tmp_path: Path
) -> None:
    folder = tmp_path / "testing"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    before = contents(cluster), contents(remote_cluster)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }
    environment |= {
        "EXCLAVE_TEST_HUB": cluster.dsn(tcp=True),
        "EXCLAVE_TEST_MEMBER_AMSTERDAM": remote_cluster.dsn(tcp=True),
        "EXCLAVE_TEST_MEMBER_UTRECHT": remote_cluster.dsn(tcp=True),
        "PYTEST_PLUGINS": "exclave.testing.plugin",  # also where exclave is not installed
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-n", str(WORKERS), "-o", "exclave_proxies=true"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ran = [line for line in done.stdout.splitlines() if "PASSED" in line]
    assert {line.split()[0] for line in ran} == {f"[gw{number}]" for number in range(WORKERS)}
    again = [line for line in ran if "nothing_is_left" in line]
    assert len(again) > WORKERS  # so some process ran it twice, and the second found nothing
    assert (contents(cluster), contents(remote_cluster)) == before
