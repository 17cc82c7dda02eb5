"""SQL text of SQLAlchemy's types and expressions, the same whatever the driver."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeEngine

from exclave.errors import DeclarationError
from exclave.objects import QualifiedName
from exclave.sqlalchemy.naming import Naming

_NAME = r'(?:"(?:[^"]|"")+"|[^\s".]+)'
_CAST = re.compile(
    rf"CAST\(NULL AS (?P<type>.*?)\)"
    rf'(?: COLLATE (?:(?P<collation>{_NAME}(?:\.{_NAME})?)|"(?P<raw>.*)"))?',  # 2.0 gives it raw
    re.DOTALL,
)


class _Neutral(PGDialect):
    _backslash_escapes = False  # SQLAlchemy 2.0 believes otherwise until it is connected


_NEUTRAL = _Neutral(paramstyle="named")  # to it percent signs and colons are just that


def sql_of(expression: sa.ClauseElement, naming: Naming) -> str:
    """Write an expression as SQL, with its values in it.

    Parameters
    ----------
    expression
        Such as the argument of a server default, of a CHECK or of `Computed`.
    naming
        Which schemas its names stand in.

    Raises
    ------
    DeclarationError
        When SQLAlchemy cannot write it, for instance since it reads ``:name`` in a text as a
        parameter.
    """
    _refuse_parameters(expression)
    return _compiled(expression, naming, include_table=False)


def query_of(query: sa.SelectBase, naming: Naming) -> str:
    """Write a query as SQL, with its values in it.

    Parameters
    ----------
    query
        A `select` or the like.
    naming
        Which schemas its names stand in.

    Raises
    ------
    DeclarationError
        As `sql_of`.
    """
    _refuse_parameters(query)
    return _compiled(query, naming)


def _refuse_parameters(expression: sa.ClauseElement) -> None:
    for part in visitors.iterate(expression):
        if isinstance(part, sa.BindParameter) and part.required:
            raise DeclarationError(
                f"SQLAlchemy reads :{part.key} in {str(expression)!r} as a parameter, which "
                "nothing that is declared can have; in a text, write a backslash before the colon."
            )


def _compiled(expression: sa.ClauseElement, naming: Naming, **options: bool) -> str:
    try:
        return str(
            expression.compile(
                dialect=_NEUTRAL,
                schema_translate_map=naming.translate or None,
                render_schema_translate=bool(naming.translate),
                compile_kwargs={"literal_binds": True, **options},
            )
        )
    except exc.CompileError as error:
        raise DeclarationError(f"{expression!r} cannot be written as SQL: {error}") from error


def expression_of(sql: str) -> sa.TextClause:
    """Make an expression of SQL in which colons are just that; `sql_of` gives it back."""
    return sa.text(sql.replace(":", "\\:"))


def type_and_collation(
    type_: TypeEngine[Any], naming: Naming, where: str
) -> tuple[str, QualifiedName | None]:
    """Write a data type as SQL, and the name of its collation where it has one.

    Parameters
    ----------
    type_
        A type of SQLAlchemy's, or one of the user's own.
    naming
        Which schema a named type stands in.
    where
        The column, for the message.

    Raises
    ------
    DeclarationError
        When the column has no type, or one that PostgreSQL does not have.
    """
    if isinstance(type_, sa.types.NullType):
        raise DeclarationError(
            f"{where} has no type; a foreign table needs the type of every column."
        )
    text = sql_of(sa.cast(sa.null(), type_), naming)
    match = _CAST.fullmatch(text)
    if match is None:
        raise DeclarationError(f"{where}: {type_!r} is no type of PostgreSQL's.")
    if match["collation"]:
        return match["type"], QualifiedName.of(match["collation"], "collation")
    return match["type"], QualifiedName(match["raw"]) if match["raw"] else None
