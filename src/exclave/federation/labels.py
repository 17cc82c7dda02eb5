"""Labels of enums: one order out of several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def merged(orders: Iterable[Sequence[str]]) -> tuple[str, ...] | None:
    """Put labels in one order that agrees with all.

    Parameters
    ----------
    orders
        Labels in their orders, none of them twice in one; where they leave it open, an earlier
        order goes first.

    Returns
    -------
    tuple of str or None
        All labels; ``None`` when the orders contradict each other.
    """
    waiting = [list(order) for order in orders]
    found: list[str] = []
    while waiting := [order for order in waiting if order]:
        first = next(
            (o[0] for o in waiting if all(o[0] not in other[1:] for other in waiting)), None
        )
        if first is None:
            return None
        found.append(first)
        waiting = [order[1:] if order[0] == first else order for order in waiting]
    return tuple(found)
