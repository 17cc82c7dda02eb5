"""Find or unpack PostgreSQL; start, stop and clone throw-away clusters.

A *cluster* is PostgreSQL's own word for one data directory and the server that runs on it.
"""

from __future__ import annotations

from exclave.cluster.database import Database, fresh_database
from exclave.cluster.discovery import find_installation, installations
from exclave.cluster.host import Interpreter, install_host
from exclave.cluster.hosted import hosted_installation
from exclave.cluster.installation import Installation
from exclave.cluster.npm import fetch_installation
from exclave.cluster.parallel import ClusterSpec, start_clusters
from exclave.cluster.server import Cluster

__all__ = [
    "Cluster",
    "ClusterSpec",
    "Database",
    "Installation",
    "Interpreter",
    "fetch_installation",
    "find_installation",
    "fresh_database",
    "hosted_installation",
    "install_host",
    "installations",
    "start_clusters",
]
