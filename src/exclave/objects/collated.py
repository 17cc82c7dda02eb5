"""An SQL expression taken apart from the COLLATE clause at its end."""

from __future__ import annotations

import re

from exclave.objects.names import QualifiedName

_NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)'
_COLLATED = re.compile(
    rf"\s*(?P<sql>.*?[\w\"$)\x80-\U0010ffff])\s*(?<!\$)\bCOLLATE\s+"
    rf"(?P<name>{_NAME}(?:\s*\.\s*{_NAME})?)\s*",
    re.IGNORECASE | re.DOTALL,
)
_ALONE = re.compile(rf"{_NAME}(?:\s*\.\s*{_NAME})*")
_CALL = re.compile(rf"(?:{_NAME}(?:\s*\.\s*{_NAME})?\s*)?(?=\()")
_PARTS = re.compile(r"""'[^']*'|"[^"]*"|[()]""")
_UNREAD = ("$", "\\", "--", "/*")
"""What may hide a quote or a parenthesis: constants in dollars, escapes and comments."""


def split_collation(expression: str) -> tuple[str, QualifiedName | None]:
    """Take the COLLATE clause at the end of an expression from it, if it is about all of it.

    COLLATE binds more tightly than any operator, so that of ``a || b COLLATE "C"`` stays.

    Parameters
    ----------
    expression
        SQL, such as ``lower(name) COLLATE "C"``.

    Examples
    --------
    >>> split_collation('lower(name) COLLATE "C"')
    ('lower(name)', QualifiedName(name='C', schema=None))
    """
    found = _COLLATED.fullmatch(expression)
    if found is None or not _is_one(found["sql"]):
        return expression, None
    return found["sql"], QualifiedName.of(found["name"], "collation")


def _is_one(sql: str) -> bool:
    """Tell whether an expression is a name, a call of a function or all in parentheses."""
    if _ALONE.fullmatch(sql):
        return True
    head = _CALL.match(sql)
    if head is None or any(mark in sql for mark in _UNREAD):
        return False
    depth = 0
    for part in _PARTS.finditer(sql, head.end()):
        depth += {"(": 1, ")": -1}.get(part[0], 0)
        if depth == 0:
            return part[0] == ")" and part.end() == len(sql)
    return False
