"""Files as foreign tables: Parquet, CSV, JSON lines and Arrow, read by DuckDB in the backend."""

from __future__ import annotations

from exclave.wrappers.files.wrapper import Files

__all__ = ["Files"]
