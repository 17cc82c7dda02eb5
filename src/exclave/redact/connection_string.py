"""Passwords in connection strings and URLs."""

from __future__ import annotations

import re
from functools import cache

from exclave.objects.registry import rules_of
from exclave.objects.secret import MASK

_PAIR = re.compile(
    r"\s*+(\w++)\s*+=\s*+((?:'(?:[^'\\]|\\.)*+')|(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*+|)"
)
_LOGIN = re.compile(r"(\w://[^/?#@\s'\":]*:)([^/?#@\s'\"]+)(?=@)")
_PLACEHOLDER = re.compile(r"%(?:[-+\d$]*[A-Za-z])?|\{[^{}]*\}|\$\d+|\$\{\w+\}|:'?\w+'?|\?|<[^<>]*>")
"""What a program puts a password for; it is none."""

_SECRET = frozenset({"password", "sslpassword", "oauth_client_secret"})
_OTHERS = ("client_encoding", "fallback_application_name", "replication", "oauth_client_id")


@cache
def _parameters() -> frozenset[str]:
    rules = [found for name in ("dblink_fdw", "postgres_fdw") if (found := rules_of(name))]
    known = [rule.options[level] for rule in rules for level in ("server", "user_mapping")]
    return frozenset({*_SECRET, *_OTHERS, *(name for names in known for name in names)})


def without_passwords(text: str) -> str:
    """Give a text with its passwords masked, if it is a connection string of libpq or has a URL.

    Parameters
    ----------
    text
        What a string constant means.

    Returns
    -------
    str
        The text as it is when there is no password in it. A placeholder such as ``%s`` is none.

    Notes
    -----
    PostgreSQL documentation, chapter "libpq", "Connection Strings".
    """
    masked = _LOGIN.sub(_without_login, text)
    return _masked_pairs(masked) if "=" in masked else masked


def _without_login(match: re.Match[str]) -> str:
    return match[0] if _PLACEHOLDER.fullmatch(match[2]) else match[1] + MASK


def _masked_pairs(text: str) -> str:
    """Mask the passwords of ``name=value`` pairs; a text that is anything else stays as it is."""
    pieces: list[str] = []
    position = 0
    while text[position:].strip():
        match = _PAIR.match(text, position)
        if match is None or match[1] not in _parameters():
            return text
        value = match[2]
        is_secret = match[1] in _SECRET and value and not _PLACEHOLDER.fullmatch(value.strip("'"))
        pieces.append(text[position : match.start(2)] + MASK if is_secret else match[0])
        position = match.end()
    return "".join([*pieces, text[position:]])
