"""What a driver says went wrong, as an error of PostgreSQL: with its SQLSTATE, without secrets."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from exclave.fdw import WrapperError
from exclave.fdw.messages import Messages

_CLASSES = {
    "IntegrityError": "23000",
    "DataError": "22000",
    "ProgrammingError": "HV00B",
    "NotSupportedError": "0A000",
}
"""SQLSTATEs for the exceptions of Python's database API, where the driver gives none."""

_DRIVERS_MODULES = ("sqlite3", "psycopg", "psycopg2", "pymysql", "adbc_driver_manager", "pyarrow")


@contextmanager
def told() -> Generator[None]:
    """Turn errors of drivers and of SQLAlchemy into `WrapperError`.

    Neither SQLAlchemy's text, which holds the statement and its parameters, nor the traceback is
    shown; the host replaces secrets in what the driver itself says. A driver that reports a cancel
    as an error of its own is not believed: the cancel is.
    """
    try:
        yield
    except DBAPIError as error:
        Messages().check_interrupts()
        raise failed(error.orig or error) from None
    except SQLAlchemyError as error:
        raise failed(error) from None
    except Exception as error:
        if not _is_a_drivers(error):
            raise
        Messages().check_interrupts()
        raise failed(error) from None


def _is_a_drivers(error: Exception) -> bool:
    modules = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return any(module.lstrip("_") in _DRIVERS_MODULES for module in modules)


def failed(error: BaseException) -> WrapperError:
    """Give the error that tells of what a driver raised."""
    name = type(error).__name__
    return WrapperError(
        f"the other database: {_message(error)}",
        sqlstate=_sqlstate(error) or _CLASSES.get(name, "HV000"),
        detail=f"{name} of {type(error).__module__.partition('.')[0]}",
    )


def _message(error: BaseException) -> str:
    """Give what the other side says, without what the driver adds."""
    diagnosis: Any = getattr(error, "diag", None)
    primary = getattr(diagnosis, "message_primary", None)
    if primary:
        return str(primary)
    if len(error.args) > 1 and isinstance(error.args[1], str):
        return error.args[1]  # MySQL's number comes first
    return str(error) or type(error).__name__


def _sqlstate(error: BaseException) -> str | None:
    if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "55P03"
    found = getattr(error, "sqlstate", None)
    state = found if isinstance(found, str) else ""
    return state if len(state) == 5 and state.isalnum() and state != "00000" else None
