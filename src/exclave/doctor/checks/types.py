"""Whether a column's type on the hub holds every value of the remote's, and means the same."""

from __future__ import annotations

import re

from exclave.objects.data_type import is_built_in, split_type
from exclave.objects.names import split_qualified

_WIDER = {
    "smallint": ("integer", "bigint", "numeric"),
    "integer": ("bigint", "numeric"),
    "bigint": ("numeric",),
    "real": ("double precision",),
    "character varying": ("text",),
    "name": ("text", "character varying"),
    "text": ("character varying",),
}
"""For each type those without a modifier that hold all its values, ordered and compared alike."""

_MODIFIER = re.compile(r"\(([\d, ]+)\)")
_AT_MOST = ("character varying", "bit varying", "time", "timestamp", "interval")
"""What types begin with whose modifier is the most that they hold: characters, bits, digits."""


def holds(local: str, remote: str) -> bool:
    """Tell whether a type of the hub holds every value of a type of the remote.

    Parameters
    ----------
    local, remote
        Canonical spellings. Types that are not built in are compared by their names alone: their
        schemas may differ.
    """
    if local == remote:
        return True
    if local.endswith("[]") or remote.endswith("[]"):
        both = local.endswith("[]") and remote.endswith("[]")
        return both and holds(local[:-2], remote[:-2])
    (here, modifier), (there, of_remote) = _parts(local), _parts(remote)
    if here != there:
        return not modifier and here in _WIDER.get(there, ())
    if modifier and of_remote:
        if here == "numeric":
            return _has_room(modifier, of_remote)
        if here.startswith(_AT_MOST):
            return int(modifier) >= int(of_remote)
    return not modifier or not is_built_in(local)


def _has_room(local: str, remote: str) -> bool:
    """Tell whether a numeric has as many digits before and after the point as another."""
    digits, scale = _digits(local)
    of_remote, scale_of_remote = _digits(remote)
    return scale >= scale_of_remote and digits - scale >= of_remote - scale_of_remote


def _digits(modifier: str) -> tuple[int, int]:
    precision, _, scale = modifier.partition(",")
    return int(precision), int(scale or 0)


def _parts(spelled: str) -> tuple[str, str]:
    """Give a type's name, without the schema of one that is not built in, and its modifier."""
    if not is_built_in(spelled):
        name, rest = split_type(spelled)
        return split_qualified(name, "data type")[-1], rest
    match = _MODIFIER.search(spelled)
    if match is None:
        return spelled, ""
    return " ".join((spelled[: match.start()] + spelled[match.end() :]).split()), match[1]
