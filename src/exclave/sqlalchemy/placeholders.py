"""Placeholders: the engine's ``$1`` written as drivers of the paramstyle ``%s`` want it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_TOKEN = re.compile(
    r"""
      [eE]'(?:[^'\\]|\\.|'')*'                                 # E'…'
    | '(?:[^']|'')*'                                           # '…'
    | "(?:[^"]|"")*"                                           # "…"
    | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$              # $tag$…$tag$
    | --[^\n]*
    | /\*.*?\*/
    | [^\W\d][\w$]*                                            # a word, which may hold $1
    | \$(?P<number>\d+)
    """,
    re.VERBOSE | re.DOTALL,
)


def percent_style(sql: str, parameters: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """Rewrite ``$1`` … as ``%s``, in the order of their appearance, and double percent signs.

    What only looks like a placeholder, within constants, quoted names, dollar quotes, comments
    and words, stays as it is.

    Parameters
    ----------
    sql
        A statement as PostgreSQL takes it.
    parameters
        The value of ``$1``, of ``$2`` …

    Returns
    -------
    tuple
        The statement, and its values: one for each ``%s``.
    """
    values: list[Any] = []
    pieces: list[str] = []
    position = 0
    for match in _TOKEN.finditer(sql):
        number = match.group("number")
        if number is None:
            continue
        pieces += [sql[position : match.start()].replace("%", "%%"), "%s"]
        values.append(parameters[int(number) - 1])
        position = match.end()
    pieces.append(sql[position:].replace("%", "%%"))
    return "".join(pieces), tuple(values)
