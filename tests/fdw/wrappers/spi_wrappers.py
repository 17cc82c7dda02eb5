"""A wrapper whose scan is the body of a function in its table's options."""

from __future__ import annotations

import textwrap
import threading
import time
from typing import Any

from exclave.fdw import (
    ForeignDataWrapper,
    Options,
    ScanContext,
    ScanPlan,
    StatementError,
    WrapperError,
)

kept: dict[str, Any] = {}


class Coded(ForeignDataWrapper):
    """Does what its table says."""

    class TableOptions(Options):
        code: str

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        options: Any = context.table.options
        names: dict[str, Any] = {
            "context": context,
            "plan": plan,
            "spi": context.spi,
            "kept": kept,
            "StatementError": StatementError,
            "WrapperError": WrapperError,
            "threading": threading,
            "time": time,
        }
        exec("def scan():\n" + textwrap.indent(options.code, "    "), names)
        return names["scan"]()
