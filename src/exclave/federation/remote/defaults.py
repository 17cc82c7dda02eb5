"""Defaults of a remote's columns: their text where it is shown, and what they are where not."""

from __future__ import annotations

import hashlib
import re

_NODE = re.compile(r"\{([A-Z]+)")
_CALL = re.compile(r"\{FUNCEXPR\b.*?:funcformat (\d)", re.DOTALL)
_LOCATION = re.compile(r" :location -?\d+")
_OF_CONSTANTS = frozenset({"CONST", "FUNCEXPR", "RELABELTYPE", "COERCETODOMAIN"})
_CASTS = frozenset({"1", "2"})
"""COERCE_EXPLICIT_CAST and COERCE_IMPLICIT_CAST; 0 is a call as written."""


def is_constant(tree: str) -> bool:
    """Tell whether a default is a constant, perhaps with casts around it.

    Parameters
    ----------
    tree
        ``pg_attrdef.adbin`` as text: a tree of PostgreSQL's nodes.

    Notes
    -----
    The formats of functions: ``CoercionForm`` in PostgreSQL's ``primnodes.h``.
    """
    nodes = set(_NODE.findall(tree))
    return nodes <= _OF_CONSTANTS and set(_CALL.findall(tree)) <= _CASTS


def digest(tree: str) -> str:
    """Give a digest of a default by which a changed one is seen.

    Parameters
    ----------
    tree
        As for `is_constant`. Where it stood in its statement makes no difference.
    """
    return hashlib.sha256(_LOCATION.sub("", tree).encode()).hexdigest()[:32]
