"""What a failure says of a member: that it is down, and why, or that it answered."""

from __future__ import annotations

import re
from typing import Final

from exclave.catalog import Connection
from exclave.federation.health.state import Health, Reason

TIMED_OUT: Final = "57014"
"""The SQLSTATE of a statement that a timeout has ended."""

LOST: Final = "08006"
"""The SQLSTATE of a connection that was lost."""

_NOT_CONNECTED: Final = ("08001", "HV00N")
_OUTAGES: Final = ("08", "57P", "HV00N")
"""How the SQLSTATEs begin of failures that may come from a member that is down."""

_WORDS: Final[tuple[tuple[Reason, str], ...]] = (
    ("silent", r"timeout expired|timed out"),
    ("password", r"authentication failed|no password supplied|password is required"),
    ("password", r"role \S+ (?:does not exist|is not permitted to log in)|no pg_hba\.conf entry"),
    ("database", r"database \S+ does not exist|not currently accepting connections"),
    ("permission", r"permission denied"),
    ("busy", r"too many (?:clients|connections)|connection slots are reserved"),
    ("busy", r"starting up|shutting down|in recovery mode|not yet accepting connections"),
    ("broken", r"closed the connection unexpectedly|reset by peer|could not receive data"),
    ("refused", r"refused|No such file|could not translate|No route to host|unreachable"),
)
"""What libpq and the member say, in English, when the hub cannot connect, and what that means."""

_BY_SQLSTATE: Final[tuple[tuple[str, Reason], ...]] = (
    ("57014", "silent"),
    ("28", "password"),
    ("2F003", "password"),
    ("3D000", "database"),
    ("42501", "permission"),
    ("42P01", "table"),
    ("42703", "table"),
    ("3F000", "table"),
    ("53300", "busy"),
    ("57P03", "busy"),
    ("08", "broken"),
    ("57P", "broken"),
)

_OF_MEMBER: Final = ("permission", "table")
"""What a member can only say when it answers."""


def is_outage(sqlstate: str | None) -> bool:
    """Tell whether a statement may have failed since a member is down.

    Parameters
    ----------
    sqlstate
        The SQLSTATE of the failure.
    """
    if sqlstate is None:
        return False
    return sqlstate == TIMED_OUT or sqlstate.startswith(_OUTAGES)


def is_suspension(sqlstate: str | None, message: str) -> bool:
    """Tell whether a statement failed since it reads a suspended member."""
    return sqlstate == "55000" and "suspended" in message


def health_of_failure(slug: str, connection: Connection, error: Exception) -> Health:
    """Say of a member what the failure of touching it means.

    Parameters
    ----------
    slug
        The member.
    connection
        The session on the hub in which it was touched.
    error
        The driver's exception.

    Notes
    -----
    When postgres_fdw cannot connect it gives 08001 for all reasons; which one it was stands in
    the detail alone. A hub whose messages are not in English tells fewer reasons apart.
    """
    sqlstate, message = connection.sqlstate(error), connection.message(error)
    reason = reason_of(sqlstate or "", message)
    reachable = reason in _OF_MEMBER and sqlstate not in _NOT_CONNECTED
    return Health(
        slug, ok=False, reachable=reachable, sqlstate=sqlstate, reason=reason, message=message
    )


def reason_of(sqlstate: str, message: str) -> Reason:
    """Tell what a failure says of the member that it comes from."""
    if sqlstate in _NOT_CONNECTED:
        for reason, words in _WORDS:
            if re.search(words, message):
                return reason
        return "refused"
    for begin, reason in _BY_SQLSTATE:
        if sqlstate.startswith(begin):
            return reason
    return "suspended" if is_suspension(sqlstate, message) else "other"
