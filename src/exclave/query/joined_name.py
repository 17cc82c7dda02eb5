"""A joined table as statements name it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from exclave.objects import QualifiedName


@dataclass(frozen=True, slots=True)
class JoinedName:
    """The name of a joined table, and what is needed to leave members out of it.

    Parameters
    ----------
    schema
        Its schema, which is that of the federation.
    table
        Its name. It is a view, so that it has no system columns.
    member_column
        The column that holds the slug of the member that a row is from, of type text.
    stale
        The table or view that holds last known rows of members, for a joined table that opted
        in: with the same columns, the member column among them.
    columns
        The columns of the joined table, in their order, as they are taken from `stale`; without
        them all that it has, in its own order.
    """

    schema: str
    table: str
    member_column: str = "member"
    stale: QualifiedName | None = None
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        return str(QualifiedName(self.table, self.schema))


def possibly_named(sql: str, joined: Iterable[JoinedName]) -> list[JoinedName]:
    """Give the joined tables whose names stand in a text, whatever they mean there.

    Parameters
    ----------
    sql
        One or more statements.
    joined
        The joined tables.
    """
    text = sql.casefold()
    if 'u&"' in text:  # a name may be written with escapes
        return list(joined)
    return [each for each in joined if _written(each.table) in text]


@lru_cache(maxsize=4096)
def _written(table: str) -> str:
    return table.replace('"', '""').casefold()
