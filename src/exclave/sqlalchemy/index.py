"""Indexes of SQLAlchemy's as indexes of a materialized view."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import CollationClause

from exclave.errors import DeclarationError
from exclave.objects import Index, IndexKey, QualifiedName
from exclave.objects.collated import split_collation
from exclave.objects.quoting import quote_identifier
from exclave.sqlalchemy.expression import sql_of
from exclave.sqlalchemy.naming import Naming

_ORDERED = re.compile(
    r"(?P<sql>.+?)(?:\s*(?<!\$)\b(?:ASC|(?P<descending>DESC)))?"
    r"(?:\s+NULLS\s+(?:(?P<first>FIRST)|(?P<last>LAST)))?\s*",
    re.IGNORECASE | re.DOTALL,
)
"""A key that was written as text, such as ``lower(name) DESC NULLS LAST``."""


def index_of(index: sa.Index, naming: Naming) -> Index:
    """Give what an index declares, with what PostgreSQL's dialect takes of it.

    Parameters
    ----------
    index
        The index, which is attached to its table.
    naming
        Which schemas its names stand in.

    Raises
    ------
    DeclarationError
        When it has no name.
    """
    if index.name is None:
        raise DeclarationError(f"{index!r} has no name; give it one.")
    options = cast("Mapping[str, Any]", index.dialect_options["postgresql"])
    where, included = options["where"], options["include"] or ()
    names = {} if index.table is None else {quote_identifier(c.name): c.name for c in index.table.c}
    return Index(
        str(index.name),
        [_key(each, options["ops"] or {}, naming, names) for each in index.expressions],
        unique=bool(index.unique),
        method=options["using"] or "btree",
        where=None if where is None else sql_of(_expression(where), naming),
        include=[each if isinstance(each, str) else each.name for each in included],
        nulls_not_distinct=bool(options["nulls_not_distinct"]),
        options=options["with"] or {},
        comment=index.info.get("comment"),
    )


def _expression(value: Any) -> sa.ClauseElement:
    return sa.text(value) if isinstance(value, str) else value


def _key(
    given: Any, opclasses: Mapping[str, str], naming: Naming, names: Mapping[str, str]
) -> IndexKey:
    expression: Any = _expression(given)
    opclass: str | None = None
    collation: QualifiedName | None = None
    descending, nulls_first = False, None
    while True:
        opclass = opclass or opclasses.get(str(getattr(expression, "key", "")))
        match expression:
            case sa.UnaryExpression(modifier=operators.desc_op):
                descending = True
            case sa.UnaryExpression(modifier=operators.asc_op):
                pass
            case sa.UnaryExpression(modifier=operators.nulls_first_op):
                nulls_first = True
            case sa.UnaryExpression(modifier=operators.nulls_last_op):
                nulls_first = False
            case sa.Label():
                pass
            case sa.BinaryExpression(operator=operators.collate, right=CollationClause() as named):
                collation = QualifiedName(str(cast("Any", named).collation))
                expression = expression.left
                continue
            case _:
                break
        expression = cast("Any", expression).element
    column, sql = _column_name(expression), None
    if column is None:
        sql = sql_of(expression, naming)
        if isinstance(expression, sa.TextClause | sa.ColumnClause):
            ordered = _ORDERED.fullmatch(sql)
            assert ordered is not None
            sql, descending = ordered["sql"], descending or bool(ordered["descending"])
            if ordered["first"] or ordered["last"]:
                nulls_first = bool(ordered["first"])
            if collation is None:
                sql, collation = split_collation(sql)
        column = names.get(sql)
    return IndexKey(
        column,
        expression=None if column is not None else sql,
        collation=collation,
        opclass=opclass or (opclasses.get(column) if column is not None else None),
        descending=descending,
        nulls_first=nulls_first,
    )


def _column_name(element: Any) -> str | None:
    is_name = isinstance(element, sa.ColumnClause) and not cast("Any", element).is_literal
    return str(element.name) if is_name else None
