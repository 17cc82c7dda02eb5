"""What a database holds: read from its catalogs in a fixed number of queries."""

from exclave.catalog.connection import Connection, PsycopgConnection, connection_of
from exclave.catalog.read import read
from exclave.catalog.snapshot import Snapshot

__all__ = ["Connection", "PsycopgConnection", "Snapshot", "connection_of", "read"]
