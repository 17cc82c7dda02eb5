"""The Python API for writing a foreign-data wrapper, which PostgreSQL runs inside its backends."""

from __future__ import annotations

from exclave.fdw.options import OptionError, Options
from exclave.fdw.scanning import ScanContext, ScanPlan, ScanRequest
from exclave.fdw.table import Column, Server, Table, Wrapper
from exclave.fdw.wrapper import ForeignDataWrapper, WrapperError

__all__ = [
    "Column",
    "ForeignDataWrapper",
    "OptionError",
    "Options",
    "ScanContext",
    "ScanPlan",
    "ScanRequest",
    "Server",
    "Table",
    "Wrapper",
    "WrapperError",
]
