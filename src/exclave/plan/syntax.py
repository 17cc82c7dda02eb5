"""Queries as PostgreSQL's own grammar reads them, by way of pglast where it is installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, cast

from exclave.objects import QualifiedName

_PLACES = frozenset({"location", "stmt_location", "stmt_len"})
_LISTS = ("list_start", "list_end")


def has_grammar() -> bool:
    """Tell whether queries can be read; if not, they are compared as text."""
    return find_spec("pglast") is not None


def is_same(one: str, other: str) -> bool:
    """Tell whether two queries have the same syntax tree.

    Case, white space, comments and superfluous parentheses mean nothing. Without pglast, and
    for what is no SQL, only white space means nothing.

    Parameters
    ----------
    one, other
        The queries.

    Examples
    --------
    >>> is_same("SELECT a FROM t", "select a  from T -- all of it")
    True
    """
    if one == other:
        return True
    trees = _tree(one), _tree(other)
    if None in trees:
        return one.split() == other.split()
    return trees[0] == trees[1]


def relations_of(query: str) -> list[QualifiedName]:
    """Give the tables and views that a query names, each once; none without pglast.

    A name that a WITH clause of the query defines is none of them.

    Parameters
    ----------
    query
        The query.
    """
    nodes = list(_nodes(_tree(query)))
    defined = {node["ctename"] for kind, node in nodes if kind == "CommonTableExpr"}
    found = (
        QualifiedName(node["relname"], node.get("schemaname"))
        for kind, node in nodes
        if kind == "RangeVar"
    )
    return list(
        dict.fromkeys(name for name in found if name.schema is not None or name.name not in defined)
    )


@lru_cache(maxsize=1024)
def _tree(query: str) -> Any:
    """Give the syntax tree without places in the text; ``None`` when there is none."""
    if not has_grammar():
        return None
    from pglast import parser

    try:
        text = cast("Any", parser).parse_sql_json(query)
    except parser.ParseError:
        return None
    return _without_places(json.loads(text))


def _without_places(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_places(each) for each in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    return {
        name: _without_places(each)
        for name, each in cast("dict[str, Any]", node).items()
        if name not in _PLACES and not name.endswith(_LISTS)
    }


def _nodes(tree: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each node of a tree with its kind."""
    if isinstance(tree, list):
        for each in cast("list[Any]", tree):
            yield from _nodes(each)
    elif isinstance(tree, dict):
        for kind, node in cast("dict[str, Any]", tree).items():
            if isinstance(node, dict):
                yield kind, cast("dict[str, Any]", node)
            yield from _nodes(node)
