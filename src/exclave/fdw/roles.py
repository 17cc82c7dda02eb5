"""What roles of PostgreSQL may do, where a wrapper must know it."""

from __future__ import annotations


def has_role(role: str, user_oid: int = 0) -> bool:
    """Tell whether a user has the privileges of a role, such as ``pg_read_server_files``.

    Parameters
    ----------
    role
        Its name.
    user_oid
        Whose privileges; 0 is the current user: within the check of options the role that creates
        or alters something.

    Notes
    -----
    A superuser has the privileges of all roles. Outside PostgreSQL, as in tests of a wrapper, so
    has everybody.
    """
    try:
        import _exclave_host
    except ImportError:
        return True
    return _exclave_host.has_role(user_oid, role)


def is_superuser(user_oid: int = 0) -> bool:
    """Tell whether a user, or the current one, is a superuser; outside PostgreSQL all are."""
    try:
        import _exclave_host
    except ImportError:
        return True
    return _exclave_host.is_superuser(user_oid)
