"""Conditions of a query, as a wrapper is told of them: small trees with typed, exact values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """A value that is known only when a scan starts: of a prepared statement, or of an outer row.

    Parameters
    ----------
    number
        Which it is, within one plan.
    type
        As PostgreSQL writes it.
    """

    number: int
    type: str


@dataclass(frozen=True)
class Unrepresentable:
    """A value that PostgreSQL has and Python has not: ``infinity`` as a date, a year before Christ.

    Parameters
    ----------
    type
        As PostgreSQL writes it.
    text
        What the type's output function gives, with DateStyle ISO.
    """

    type: str
    text: str


@dataclass(frozen=True)
class ColumnReference:
    """Another column of the same row."""

    column: str


@dataclass(frozen=True)
class Comparison:
    """``column operator value``.

    Parameters
    ----------
    column
        Name of the column.
    operator
        PostgreSQL's name of the operator: ``=``, ``<>``, ``<``, ``<=``, ``>``, ``>=``, ``~~``
        (LIKE), ``!~~``, ``~~*`` (ILIKE), ``!~~*``, ``~``, ``@>``, ``<@``, ``&&`` … A boolean
        column alone is ``= True``, and NOT before it ``= False``.
    value
        bool, int, float, Decimal, str, bytes, date, time, datetime (aware for timestamptz),
        UUID, list, or one of `Parameter`, `Unrepresentable`, `ColumnReference`. Never None: what
        is compared with NULL gives no row, and is not asked for.
    collation
        Of texts: the name of the collation, None where the type has none.
    """

    column: str
    operator: str
    value: object
    collation: str | None = None


@dataclass(frozen=True)
class AnyOf:
    """``column operator ANY (values)``: IN; with `every`, ``operator ALL (values)``: NOT IN.

    Parameters
    ----------
    values
        A tuple of values, None among them where the query has NULL; or a `Parameter`.
    """

    column: str
    operator: str
    values: object
    every: bool = False
    collation: str | None = None


@dataclass(frozen=True)
class IsNull:
    """``column IS NULL``; negated, ``IS NOT NULL``."""

    column: str
    negated: bool = False


@dataclass(frozen=True)
class And:
    """All of the conditions."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    """At least one of the conditions."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """NOT, in SQL's logic of three values."""

    condition: Condition


Condition = Comparison | AnyOf | IsNull | And | Or | Not
