"""Identifiers and string constants, quoted so that PostgreSQL reads back what was meant."""

from __future__ import annotations

import re
from functools import cache

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")


@cache
def _keywords() -> frozenset[str]:
    from importlib.resources import files

    text = files("exclave.objects").joinpath("keywords.txt").read_text(encoding="ascii")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def quote_identifier(name: str) -> str:
    """Quote a name for use in SQL, and only where it needs it.

    Parameters
    ----------
    name
        Any name that `check_name` accepts.

    Returns
    -------
    str
        The name as it is when it is lower-case, plain and no keyword, else in double quotes.

    Notes
    -----
    PostgreSQL documentation, "Identifiers and Key Words".
    """
    if _PLAIN.match(name) and name not in _keywords():
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_literal(value: str) -> str:
    """Quote a string constant so that it is read alike whatever `standard_conforming_strings` is.

    Parameters
    ----------
    value
        Any text without a NUL character.

    Returns
    -------
    str
        `'…'`, or `E'…'` when the value holds a backslash.

    Notes
    -----
    PostgreSQL documentation, "String Constants".
    """
    quoted = value.replace("'", "''")
    if "\\" in quoted:
        return "E'" + quoted.replace("\\", "\\\\") + "'"
    return f"'{quoted}'"
