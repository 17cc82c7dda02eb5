"""The Python API for writing a foreign-data wrapper, which PostgreSQL runs inside its backends."""

from __future__ import annotations

from exclave.fdw.conditions import (
    And,
    AnyOf,
    ColumnReference,
    Comparison,
    Condition,
    IsNull,
    Not,
    Or,
    Parameter,
    Unrepresentable,
)
from exclave.fdw.options import OptionError, Options
from exclave.fdw.scanning import Aggregate, Lookup, ScanContext, ScanPlan, ScanRequest, SortKey
from exclave.fdw.table import Column, Server, Table, Wrapper
from exclave.fdw.wrapper import ForeignDataWrapper, WrapperError

__all__ = [
    "Aggregate",
    "And",
    "AnyOf",
    "Column",
    "ColumnReference",
    "Comparison",
    "Condition",
    "ForeignDataWrapper",
    "IsNull",
    "Lookup",
    "Not",
    "OptionError",
    "Options",
    "Or",
    "Parameter",
    "ScanContext",
    "ScanPlan",
    "ScanRequest",
    "Server",
    "SortKey",
    "Table",
    "Unrepresentable",
    "Wrapper",
    "WrapperError",
]
