"""Find or unpack PostgreSQL; start, stop and clone throw-away clusters.

A *cluster* is PostgreSQL's own word for one data directory and the server that runs on it.
"""

from __future__ import annotations

from exclave.cluster.database import Database, fresh_database
from exclave.cluster.discovery import find_installation, installations
from exclave.cluster.installation import Installation
from exclave.cluster.npm import fetch_installation
from exclave.cluster.parallel import ClusterSpec, start_clusters
from exclave.cluster.server import Cluster

__all__ = [
    "Cluster",
    "ClusterSpec",
    "Database",
    "Installation",
    "fetch_installation",
    "find_installation",
    "fresh_database",
    "installations",
    "start_clusters",
]
