"""Values of secret options are remembered, so that no text that leaves the host holds one."""

from __future__ import annotations

import re

SHOWN = "***"
"""What stands for a secret."""

_SHORT = 6
_MOST = 1000
_known: dict[str, None] = {}


def remember(value: str) -> None:
    """Remember the value of a secret option; the oldest are forgotten when there are many."""
    if value:
        _known.pop(value, None)
        _known[value] = None
        if len(_known) > _MOST:
            del _known[next(iter(_known))]


def redacted(text: str) -> str:
    """Give a text with the known secrets replaced; short ones only where they are whole words."""
    found = sorted((value for value in _known if value in text), key=len, reverse=True)
    return re.sub("|".join(map(_pattern, found)), SHOWN, text) if found else text


def _pattern(value: str) -> str:
    escaped = re.escape(value)
    return escaped if len(value) >= _SHORT else rf"(?<!\w){escaped}(?!\w)"
