"""Whether a connection really used the password that it was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import URL

from exclave.fdw import WrapperError
from exclave.wrappers.database.connection import Connection


def check_used(connection: Connection, url: URL) -> None:
    """Refuse a connection that got in without its password, as the server's own user may.

    The connection is closed then.

    Raises
    ------
    WrapperError
        If it did, or if that cannot be known.
    """
    check = _CHECKS.get(url.get_backend_name())
    if check is not None and check(connection, url):
        return
    connection.close()
    if check is None:
        raise WrapperError(
            "it cannot be known whether the password was used",
            sqlstate="2F003",
            detail="All but superusers must use a password.",
            hint="A superuser may set password_required to false for the wrapper.",
        )
    raise WrapperError(
        "the password was not used",
        sqlstate="2F003",
        detail="The other database let the connection in without asking for the password.",
        hint="Change how it authenticates, or let a superuser set password_required to false.",
    )


def _postgresql(connection: Any, url: URL) -> bool:
    driver = connection.driver_connection
    if hasattr(driver, "adbc_get_info"):
        return True  # require_auth: the driver refuses, see through_adbc
    status = getattr(driver, "pgconn", None) or getattr(driver, "info", None)
    return bool(getattr(status, "used_password", False))


def _mysql(connection: Any, url: URL) -> bool:
    """Over TCP no plugin knows users of the operating system, and a wrong password is refused."""
    return url.host is not None and "unix_socket" not in url.query


_CHECKS: dict[str, Callable[[Any, URL], bool]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mariadb": _mysql,
}
