"""PostgreSQL's client programs, which not every installation has."""

from __future__ import annotations

from pathlib import Path

import pytest

from exclave.cluster import Cluster, installations
from exclave.errors import ClusterError


def client_program(cluster: Cluster, name: str) -> tuple[Path, dict[str, str]]:
    """Find a program such as psql: the cluster's own, or else that of a newer PostgreSQL.

    Returns
    -------
    tuple
        Its path, and the environment to run it in.
    """
    newer = [found for found in installations() if found.major >= cluster.major]
    for found in sorted(newer, key=lambda found: found.major):
        try:
            return found.program(name), found.environment()
        except ClusterError:
            continue
    pytest.skip(f"NOT TESTED: there is no {name} for PostgreSQL {cluster.major}")
