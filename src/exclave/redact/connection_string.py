"""Passwords in connection strings and URLs."""

from __future__ import annotations

import re

from exclave.objects.options import is_secret_name
from exclave.objects.secret import MASK

_PAIR = re.compile(
    r"\s*+(\w++)\s*+=\s*+((?:'(?:[^'\\]|\\.)*+')|(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*+|)"
)
_LOGIN = re.compile(r"(\w://[^/?#@\s'\":]*:)([^/?#@\s'\"]+)(?=@)")
_PLACEHOLDER = re.compile(r"%(?:[-+\d$]*[A-Za-z])?|\{[^{}]*\}|\$\d+|\$\{\w+\}|:'?\w+'?|\?|<[^<>]*>")
"""What a program puts a password for; it is none."""

_IN_QUERY = re.compile(r"([?&](\w+)=)([^&#\s'\"]+)")
_SCRAM_KEYS = frozenset({"scram_client_key", "scram_server_key"})


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
    masked = text
    if "://" in text:
        masked = _IN_QUERY.sub(_without_parameter, _LOGIN.sub(_without_login, text))
    return _masked_pairs(masked) if "=" in masked else masked


def _without_login(match: re.Match[str]) -> str:
    return match[0] if _PLACEHOLDER.fullmatch(match[2]) else match[1] + MASK


def _without_parameter(match: re.Match[str]) -> str:
    return match[1] + MASK if _is_secret(match[2], match[3]) else match[0]


def _is_secret(name: str, value: str) -> bool:
    if _PLACEHOLDER.fullmatch(value):
        return False
    return name in _SCRAM_KEYS or is_secret_name(name)


def _masked_pairs(text: str) -> str:
    """Mask the passwords of ``name=value`` pairs; a text that is anything else stays as it is."""
    pieces: list[str] = []
    position = 0
    while text[position:].strip():
        match = _PAIR.match(text, position)
        if match is None:
            return text
        value = match[2]
        is_masked = value and _is_secret(match[1], value.strip("'"))
        pieces.append(text[position : match.start(2)] + MASK if is_masked else match[0])
        position = match.end()
    return "".join([*pieces, text[position:]])
