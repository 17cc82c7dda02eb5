"""What every phase can tell: messages for the client and for the server's log."""

from __future__ import annotations

import logging
from typing import Literal

from exclave.fdw.redaction import redacted

LogLevel = Literal["DEBUG", "LOG", "INFO", "NOTICE", "WARNING"]
"""PostgreSQL's levels; LOG goes to the server's log, the others to the client too."""


_OUTSIDE = {"LOG": logging.INFO, "NOTICE": logging.INFO}


class Messages:
    """Sends messages; values of secret options are not shown in them.

    Outside PostgreSQL, as in tests of a wrapper, they go to the logger ``exclave.fdw``.
    """

    def notice(self, message: str) -> None:
        """Send the client a message of level NOTICE."""
        self.log("NOTICE", message)

    def log(self, level: LogLevel, message: str) -> None:
        """Send a message of any level, which client_min_messages and log_min_messages filter."""
        try:
            import _exclave_host
        except ImportError:
            outside = _OUTSIDE.get(level) or logging.getLevelNamesMapping()[level]
            logging.getLogger("exclave.fdw").log(outside, "%s", redacted(message))
        else:
            _exclave_host.log(getattr(_exclave_host, level), redacted(message))

    def check_interrupts(self) -> None:
        """Let a cancel, a timeout or the end of the session end the statement here.

        Python code is interrupted anyway; a library that works long without it is not.
        """
        try:
            import _exclave_host
        except ImportError:
            return
        _exclave_host.check_interrupts()
