"""The Python API for writing a foreign-data wrapper, which PostgreSQL runs inside its backends."""

from __future__ import annotations

from exclave.fdw.analyzing import Sample
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
from exclave.fdw.importing import ImportContext, ImportedColumn, ImportedTable, ImportRequest
from exclave.fdw.options import Doc, OptionError, Options, SecretText
from exclave.fdw.roles import has_role, is_superuser
from exclave.fdw.scanning import Aggregate, Lookup, ScanContext, ScanPlan, ScanRequest, SortKey
from exclave.fdw.session import Session
from exclave.fdw.spi import Cursor, Result, Spi, StatementError, identifier
from exclave.fdw.table import Column, Server, Table, Wrapper
from exclave.fdw.wrapper import ForeignDataWrapper, WrapperError
from exclave.fdw.writing import TruncateContext, WriteContext, Writes

__all__ = [
    "Aggregate",
    "And",
    "AnyOf",
    "Column",
    "ColumnReference",
    "Comparison",
    "Condition",
    "Cursor",
    "Doc",
    "ForeignDataWrapper",
    "ImportContext",
    "ImportRequest",
    "ImportedColumn",
    "ImportedTable",
    "IsNull",
    "Lookup",
    "Not",
    "OptionError",
    "Options",
    "Or",
    "Parameter",
    "Result",
    "Sample",
    "ScanContext",
    "ScanPlan",
    "ScanRequest",
    "SecretText",
    "Server",
    "Session",
    "SortKey",
    "Spi",
    "StatementError",
    "Table",
    "TruncateContext",
    "Unrepresentable",
    "Wrapper",
    "WrapperError",
    "WriteContext",
    "Writes",
    "has_role",
    "identifier",
    "is_superuser",
]
