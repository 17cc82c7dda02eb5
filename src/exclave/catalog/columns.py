"""Columns of foreign tables: by far the most of what is read, so they are made once each."""

from __future__ import annotations

import json
from typing import Literal

from exclave.catalog.grants import NO_GRANTS, GrantRow, grants_of
from exclave.catalog.options import options_of
from exclave.objects import Column, Generated, Options, QualifiedName
from exclave.objects.foreign_table import Identity
from exclave.objects.options import NO_OPTIONS

_decode = json.JSONDecoder().raw_decode  # twice as fast as json.loads on so short a text
_IDENTITIES: dict[str, Identity | None] = {"": None, "a": "ALWAYS", "d": "BY DEFAULT"}


class ColumnReader:
    """Gives the columns of one reading; equal ones are one object, and so are equal lists of them.

    The tables of a hub repeat those of its members, and most columns occur many times.
    """

    def __init__(self) -> None:
        self._tables: dict[str, tuple[Column, ...]] = {}
        self._known: dict[str, Column] = {}
        self._options: dict[tuple[str, ...], Options] = {}

    def read(self, text: str | None) -> tuple[Column, ...]:
        """Give the columns of one table.

        Parameters
        ----------
        text
            What `sql/foreign_tables.sql` collects of them: for each a line with a JSON array of
            name, type, collation, whether NOT NULL, expression, `attgenerated`, `attidentity`,
            options, comment and grants. ``None`` is no column.
        """
        if text is None:
            return ()
        columns = self._tables.get(text)
        if columns is None:
            columns = self._tables[text] = tuple(map(self._read_one, text.split("\n")))
        return columns

    def _read_one(self, text: str) -> Column:
        column = self._known.get(text)
        if column is None:
            column = self._known[text] = self._column(*_decode(text)[0])
        return column

    def _column(
        self,
        name: str,
        type_: str,
        collation: tuple[str, str] | None,
        not_null: bool,
        expression: str | None,
        generated: Literal["", "s", "v"],
        identity: Literal["", "a", "d"],
        options: list[str] | None,
        comment: str | None,
        grants: list[GrantRow] | None,
    ) -> Column:
        return Column(
            name,
            type_,
            collation=QualifiedName(*collation) if collation else None,
            not_null=not_null,
            default=None if generated else expression,
            generated=Generated(expression or "", generated == "s") if generated else None,
            identity=_IDENTITIES[identity],
            options=self._shared_options(tuple(options)) if options else NO_OPTIONS,
            comment=comment,
            grants=grants_of(grants) if grants else NO_GRANTS,
        )

    def _shared_options(self, stored: tuple[str, ...]) -> Options:
        options = self._options.get(stored)
        if options is None:
            options = self._options[stored] = options_of(stored)
        return options
