"""An index of a materialized view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exclave.errors import DeclarationError
from exclave.objects.collated import split_collation
from exclave.objects.names import QualifiedName, check_name
from exclave.objects.options import NO_OPTIONS, OptionInput, Options
from exclave.objects.text import check_text


@dataclass(frozen=True, slots=True, init=False)
class IndexKey:
    """What an index is over: a column or an expression, and in which order.

    Parameters
    ----------
    column
        The name of a column; ``None`` for an expression.
    expression
        SQL over the columns; ``None`` for a column.
    collation
        A collation other than the column's own; it may stand at the end of `expression` too.
    opclass
        An operator class other than the type's default, such as ``text_pattern_ops``.
    descending
        Whether the greatest comes first.
    nulls_first
        Whether NULL comes first; unless given, only where the greatest does.

    Raises
    ------
    DeclarationError
        When neither a column nor an expression is given, or both are.
    """

    column: str | None
    expression: str | None
    collation: QualifiedName | None
    opclass: QualifiedName | None
    descending: bool
    nulls_first: bool

    def __init__(
        self,
        column: str | None = None,
        *,
        expression: str | None = None,
        collation: QualifiedName | str | None = None,
        opclass: QualifiedName | str | None = None,
        descending: bool = False,
        nulls_first: bool | None = None,
    ) -> None:
        if (column is None) == (expression is None):
            raise DeclarationError("A key of an index is a column or an expression; give one.")
        if isinstance(collation, str):
            collation = QualifiedName(check_name(collation, "collation"))
        expression = check_text(expression, "expression of an index")
        if expression is not None and collation is None:
            expression, collation = split_collation(expression)
        assign = object.__setattr__
        assign(self, "column", column if column is None else check_name(column, "column"))
        assign(self, "expression", expression)
        assign(self, "collation", collation)
        assign(
            self,
            "opclass",
            None if opclass is None else QualifiedName.of(opclass, "operator class"),
        )
        assign(self, "descending", descending)
        assign(self, "nulls_first", descending if nulls_first is None else nulls_first)


@dataclass(frozen=True, slots=True, init=False)
class Index:
    """An index; it stands in the schema of what it is on.

    Parameters
    ----------
    name
        Its name.
    keys
        What it is over, in order: names of columns, or `IndexKey`.
    unique
        Whether no two rows may have the same keys. A unique index over plain columns, without
        `where`, lets a materialized view be refreshed concurrently.
    method
        The access method, such as ``gin``.
    where
        SQL that says which rows it holds; ``None`` for all.
    include
        Columns that it holds besides.
    nulls_not_distinct
        Whether NULL equals NULL in a unique index (PostgreSQL 15).
    options
        Storage parameters, such as ``fillfactor``.
    comment
        The comment; ``None`` means that there is none.

    Raises
    ------
    DeclarationError
        When it has no key.

    Notes
    -----
    PostgreSQL documentation, "CREATE INDEX".
    """

    name: str
    keys: tuple[IndexKey, ...]
    unique: bool
    method: str
    where: str | None
    include: tuple[str, ...]
    nulls_not_distinct: bool
    options: Options
    comment: str | None

    def __init__(
        self,
        name: str,
        keys: Iterable[IndexKey | str],
        *,
        unique: bool = False,
        method: str = "btree",
        where: str | None = None,
        include: Iterable[str] = (),
        nulls_not_distinct: bool = False,
        options: Mapping[str, OptionInput] = NO_OPTIONS,
        comment: str | None = None,
    ) -> None:
        what = f'index "{name}"'
        if isinstance(keys, str) or isinstance(include, str):
            raise DeclarationError(f"{what}: keys and include take several names, not a string.")
        assign = object.__setattr__
        assign(self, "name", check_name(name, "index"))
        assign(
            self,
            "keys",
            tuple(IndexKey(key) if isinstance(key, str) else key for key in keys),
        )
        assign(self, "unique", unique)
        assign(self, "method", check_name(method, "access method"))
        assign(self, "where", check_text(where, f"condition of {what}") or None)
        assign(self, "include", tuple(check_name(column, "column") for column in include))
        assign(self, "nulls_not_distinct", nulls_not_distinct)
        assign(self, "options", Options(options, what))
        assign(self, "comment", check_text(comment, f"comment of {what}") or None)
        if not self.keys:
            raise DeclarationError(f"{what} has no key; name a column or an expression.")

    def __str__(self) -> str:
        return f'index "{self.name}"'
