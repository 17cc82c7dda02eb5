"""Any Python function as a foreign table: declared with `table`, read through `Functions`."""

from __future__ import annotations

from exclave.wrappers.python.registry import TableFunction, table
from exclave.wrappers.python.wrapper import Functions

__all__ = ["Functions", "TableFunction", "table"]
