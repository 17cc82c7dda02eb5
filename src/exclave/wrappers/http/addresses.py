"""Which URLs may be asked for: those below the prefixes that a superuser has allowed."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from exclave.fdw import WrapperError

_PORTS = {"http": 80, "https": 443}
_STRANGE = re.compile(r"[\x00-\x20\x7f\\]")


def check(url: str, allowed: str) -> str:
    """Give a URL back if it is below one of the allowed ones.

    Raises
    ------
    WrapperError
        If it is not, or if servers could read it in different ways. The message has no query.
    """
    parts = _parts(url)
    if parts is not None and any(_below(parts, prefix) for prefix in allowed.split()):
        return url
    raise WrapperError(
        f'the URL "{shown(url)}" is not allowed',
        sqlstate="42501",
        hint="A superuser names what is in the option allow of the foreign-data wrapper.",
    )


def joined(url: str, path: str) -> str:
    """Put a table's path after a server's URL."""
    if not path or path.startswith("?"):
        return url + path
    return url.rstrip("/") + "/" + path.lstrip("/")


def followed(url: str, target: str) -> str:
    """Give the URL that a server refers to from another one.

    Raises
    ------
    WrapperError
        If it refers to what is no URL.
    """
    try:
        return urljoin(url, target)
    except ValueError:
        raise WrapperError(f"{shown(url)} refers to what is no URL", sqlstate="HV00N") from None


def same_origin(url: str, other: str) -> bool:
    """Tell whether two URLs are of one server, which may see the same secrets."""
    one, two = _parts(url), _parts(other)
    return one is not None and two is not None and _origin(one) == _origin(two)


def shown(url: str) -> str:
    """Give a URL as messages may show it: without user, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _parts(url: str) -> SplitResult | None:
    if _STRANGE.search(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    segments = unquote(unquote(parts.path)).replace("\\", "/").split("/")
    if parts.scheme not in _PORTS or "@" in parts.netloc or not parts.hostname:
        return None
    return None if {".", ".."} & set(segments) else parts


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _below(parts: SplitResult, prefix: str) -> bool:
    wanted = urlsplit(prefix)
    if not wanted.netloc:
        return wanted.scheme == parts.scheme
    if _origin(wanted) != _origin(parts):
        return False
    folder = wanted.path.rstrip("/")
    return parts.path == folder or (parts.path or "/").startswith(folder + "/")
