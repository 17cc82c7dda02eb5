"""What a member's tables are, read over its foreign server."""

from exclave.federation.remote.read import read_remote
from exclave.federation.remote.table import RemoteColumn, RemoteDatabase, RemoteTable

__all__ = ["RemoteColumn", "RemoteDatabase", "RemoteTable", "read_remote"]
