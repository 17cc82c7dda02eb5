"""Where a database is: URLs that hold no secrets, and which of them are allowed."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from exclave.fdw import OptionError

FILES = frozenset({"sqlite", "duckdb"})
"""Databases that are files, which the server's user of the operating system reads and writes."""

ANY = "*"
"""Stands for any value of a parameter in a URL that is allowed."""


def read(text: str) -> URL:
    """Read a URL of a database.

    Raises
    ------
    OptionError
        If it is none, or names a user or password, which belong to the user mapping. The message
        never holds the URL.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise OptionError(
            "a URL of a database cannot be read",
            sqlstate="HV024",
            hint="It is written as driver://host:port/database, or sqlite:////path/of/a/file.",
        ) from None
    parameters = parse_qs(text.partition("?")[2], keep_blank_values=True)
    secret = {"user", "password", "passwd", "username", "sslpassword"} & parameters.keys()
    if url.username or url.password is not None or secret:
        raise OptionError(
            "a URL of a database must not hold a user or password",
            sqlstate="HV024",
            hint="Everyone can read it. Give them as options of the user mapping.",
        )
    if is_file(url) and not PurePosixPath(url.database or "/").is_absolute():
        raise OptionError(
            "the path of a database's file must be absolute",
            sqlstate="HV024",
            hint="After the driver's name come four slashes: sqlite:////path/of/a/file.",
        )
    return url


def is_file(url: URL) -> bool:
    """Tell whether the database is a file."""
    return url.get_backend_name() in FILES


def permits(allowed: URL, url: URL) -> bool:
    """Tell whether a URL is the one that is allowed, or begins as it does.

    A host is compared whole, a path of a file by folders, with symbolic links followed.
    """
    if allowed.drivername != url.drivername:
        return False
    if any(not _permits(allowed.query.get(name), url.query[name]) for name in url.query):
        return False
    if is_file(url):
        return _is_below(url.database, allowed.database)
    if allowed.host is not None and (allowed.host or "").lower() != (url.host or "").lower():
        return False
    if allowed.port is not None and allowed.port != url.port:
        return False
    return not allowed.database or allowed.database == url.database


def _permits(allowed: object, value: object) -> bool:
    return allowed in (ANY, value)


def _is_below(path: str | None, allowed: str | None) -> bool:
    if not path:
        return False
    return not allowed or Path(path).resolve().is_relative_to(Path(allowed).resolve())
