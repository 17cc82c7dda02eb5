"""Materialized views in an order in which each comes after what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exclave.objects import MaterializedView, QualifiedName


def used_first(views: Iterable[MaterializedView]) -> Iterator[MaterializedView]:
    """Give views in an order in which none comes before one that it reads.

    Where nothing is known of that, they keep their order.

    Parameters
    ----------
    views
        The views. A name without a schema that one of them reads is taken for all that have it.
    """
    waiting = {view.qualified_name: view for view in views}
    by_name: dict[str, list[QualifiedName]] = {}
    for name in waiting:
        by_name.setdefault(name.name, []).append(name)
    while waiting:
        yield from _with_used(next(iter(waiting)), waiting, by_name)


def _with_used(
    name: QualifiedName,
    waiting: dict[QualifiedName, MaterializedView],
    by_name: dict[str, list[QualifiedName]],
) -> Iterator[MaterializedView]:
    view = waiting.pop(name)
    for used in sorted(view.uses, key=str):
        for each in by_name.get(used.name, ()) if used.schema is None else (used,):
            if each in waiting:
                yield from _with_used(each, waiting, by_name)
    yield view
