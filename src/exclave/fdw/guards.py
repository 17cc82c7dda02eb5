"""What would take a backend down, or its timeouts away, if a library did it, is refused there."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from types import ModuleType
from typing import Any

_SIGNALS = "signals belong to PostgreSQL in its backends"


def guard_backend() -> None:
    """Refuse what takes signals and timers from PostgreSQL, and what ends its process.

    A process that was forked off may do as it likes. ``signal.signal`` fails as it does in threads,
    for which libraries are prepared; ``os._exit`` raises SystemExit.
    """
    _refuse(signal, "signal", ValueError, _SIGNALS)
    _refuse(signal, "siginterrupt", ValueError, _SIGNALS)
    _refuse(signal, "alarm", OSError, _SIGNALS)
    _refuse(signal, "setitimer", OSError, _SIGNALS)
    _refuse(os, "_exit", SystemExit, "os._exit would end the server's process")
    for name in ("abort", "execv", "execve"):
        _refuse(os, name, OSError, f"os.{name} would end the server's process")


def _refuse(module: ModuleType, name: str, error: type[BaseException], why: str) -> None:
    function: Callable[..., Any] = getattr(module, name)
    backend = os.getpid()

    @functools.wraps(function)
    def guarded(*arguments: Any, **named: Any) -> Any:
        if os.getpid() == backend:
            raise error(why)
        return function(*arguments, **named)

    setattr(module, name, guarded)


__all__ = ["guard_backend"]
