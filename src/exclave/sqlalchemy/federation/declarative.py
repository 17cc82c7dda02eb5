"""Declarative classes on a federation's tables, with no more than `__table_args__`."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import mapped_column

from exclave.errors import DeclarationError
from exclave.federation import FederatedTable, Federation
from exclave.sqlalchemy.federation.source import Source
from exclave.sqlalchemy.federation.table import table_arguments, taken


def federated_args(
    federation: Federation,
    source: sa.Table | type[Any] | None = None,
    table: str | None = None,
    member: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Give the `__table_args__` that put a declarative class on a federation's table.

    Alone they are enough: ``__tablename__``, the member column and the columns of the source
    become the class's own, under the names of the source's attributes. What the class writes
    itself goes before; ``name: Mapped[str]`` without a value tells a type checker only.
    A ``relationship()`` between two such classes joins on the member too.

    Parameters
    ----------
    federation
        The federation.
    source
        The mapped class or `Table` whose columns it has; without one the class writes them.
    table
        The name of the federation's table, where it is not the source's.
    member
        The slug of one member, for that member's own table, which has no member column.
    more
        Anything else that `sqlalchemy.Table` takes by keyword, but for `schema` and `comment`.

    Returns
    -------
    dict
        For ``__table_args__``. At the end of a tuple of constraints it makes the table a
        federation's, and the class writes its name and columns.

    Raises
    ------
    DeclarationError
        When neither source nor table is given, and when the federation has no such table.
    """
    found = None if source is None else Source.of(source)
    if found is None and table is None:
        raise DeclarationError(f"{federation}: give source=, or the name of its table= .")
    chosen = federation.table(table or str(found and found.table.name))
    if member is None and found is not None:
        names = [column.name for _, column in found.columns(chosen)]
        if federation.member_column in names:
            raise taken(federation, chosen)
    return _FederatedArgs(federation, chosen, found, member, more)


class _FederatedArgs(dict[str, Any]):
    """Table arguments that bring a class its columns when Python tells them their name.

    Python does so when the class's body has been read, before declarative looks at the class.
    """

    def __init__(
        self,
        federation: Federation,
        table: FederatedTable,
        source: Source | None,
        member: str | None,
        more: dict[str, Any],
    ) -> None:
        super().__init__(table_arguments(federation, table, source, member, **more))
        self._federation = federation
        self._table = table
        self._source = source
        self._member = member

    def __set_name__(self, owner: type[Any], name: str) -> None:
        if name != "__table_args__":
            return
        own = vars(owner)
        if "__tablename__" not in own:
            owner.__tablename__ = self._table.name
        source = self._source
        columns = {} if source is None else dict(source.columns(self._table))
        if self._member is None:
            column = self._federation.member_column
            if column not in own:
                # first of all: columns of the class's body come in the order of sort_order
                first = mapped_column(sa.Text, primary_key=True, nullable=False, sort_order=-1)
                setattr(owner, column, first)
        for attribute, found in columns.items():
            if attribute not in own:
                setattr(owner, attribute, found)
