"""Conditions of a query, as a wrapper is told of them: small trees with typed, exact values.

`ScanRequest.conditions` has them while a scan is planned, with `Parameter` for values that are not
known yet; ``context.conditions`` has the same in the same order, with all values, at each scan.
All of them hold together. A class may ignore them, use them to give fewer rows, or name those that
it applies exactly in `ScanPlan.exact`, which PostgreSQL then does not check again.

What is told
    Operators of PostgreSQL itself that are immutable and strict, between a column of the table and
    something that is known when the scan starts, or another column of the same row: comparisons,
    LIKE and regular expressions, IN and NOT IN, IS NULL, IS TRUE and the like, boolean columns,
    operators of arrays, ranges, jsonb and inet, and AND, OR, NOT of these. Casts that change no
    value are looked through. What is not told is checked by PostgreSQL: expressions of columns,
    functions, volatile values, what stands behind a security barrier, texts under a collation that
    is not deterministic, comparisons that Python has not (a date with a timestamp, ``timetz``),
    the order of enums, arrays, inet, and order and equality of jsonb and ranges.

Values
    ============================  ================================================================
    PostgreSQL                    Python
    ============================  ================================================================
    bool                          bool
    smallint, int, bigint, oid    int
    real, double precision        float
    numeric                       Decimal, with all its digits; NaN, Infinity
    text, varchar, char, name     str
    bytea                         bytes
    date                          date
    time, timetz                  time, with the offset of timetz
    timestamp                     datetime without a time zone
    timestamptz                   datetime in UTC
    interval                      timedelta, if there are no months
    uuid                          UUID
    arrays                        list, of lists if there is more than one dimension; None for NULL
    domains                       as the type beneath
    any other (json, enums …)     str, as its output function writes it
    not in Python's range         `Unrepresentable`
    ============================  ================================================================

What to know before claiming that a condition is exact
    PostgreSQL compares the values that the table's columns hold: a ``real`` is rounded to single
    precision, ``numeric(10, 2)`` to two digits, before it is compared.

    - NaN equals NaN, and is more than any other number, also in ``numeric``.
    - Blanks at the end of a ``char(n)`` do not count in comparisons; in LIKE they do.
    - The order of texts is that of `Comparison.collation`; only ``"C"`` is that of their bytes in
      UTF-8, and of Python's str. Equality never depends on it, ILIKE may.
    - In LIKE a backslash quotes the next character.
    - Intervals compare as if a month had 30 days and a day 24 hours.
    - ``@>``, ``<@`` and ``&&`` ignore dimensions, and NULL among elements is contained in nothing.
    - A row whose column is NULL fulfils neither a comparison nor its NOT.

    A condition with a `Parameter` is claimed for every value of its type: in the scan it must be
    applied whatever the value is, also a Decimal where the column has integers. Only a value that
    is `Unrepresentable` need not be understood: leave the whole condition out, and so give more
    rows. If it was claimed as exact, the host checks it, for that scan.

NULL
    No condition has it as a value. If a parameter is NULL, a condition that cannot hold then leads
    to no rows without a scan; parts of OR that cannot hold are left out; IN is told without it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """A value that is known only when a scan starts: of a prepared statement, or of an outer row.

    Parameters
    ----------
    number
        Which it is, within one plan, from 0 on.
    type
        As PostgreSQL writes it; that of an `AnyOf` is an array's.
    """

    number: int
    type: str


@dataclass(frozen=True)
class Unrepresentable:
    """A value that PostgreSQL has and Python has not.

    ``infinity`` as a date or timestamp, years before Christ or after 9999, ``24:00``, intervals
    with months, arrays with such elements or whose first index is not 1.

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
    """Another column of the same row.

    Parameters
    ----------
    column
        Name of the column.
    """

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
        Of texts: the name of the collation, ``"C"`` for all that compare bytes, but in a database
        whose encoding orders them unlike UTF-8 ``"C in WIN1252"``, say; None where the type has
        none.
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
    column, operator, collation
        As of `Comparison`.
    values
        A tuple of values, never None; or a `Parameter`. It may be empty: then ANY holds for no row,
        ALL for every row.
    every
        Whether the comparison must hold with each value, not only with one.
    """

    column: str
    operator: str
    values: object
    every: bool = False
    collation: str | None = None


@dataclass(frozen=True)
class IsNull:
    """``column IS NULL``; negated, ``IS NOT NULL``.

    Parameters
    ----------
    column
        Name of the column.
    negated
        Whether it is ``IS NOT NULL``.
    """

    column: str
    negated: bool = False


@dataclass(frozen=True)
class And:
    """All of the conditions.

    Parameters
    ----------
    conditions
        One or more.
    """

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    """At least one of the conditions.

    Parameters
    ----------
    conditions
        One or more.
    """

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """NOT, in SQL's logic of three values: it does not hold where the condition is NULL.

    Parameters
    ----------
    condition
        What must be false.
    """

    condition: Condition


Condition = Comparison | AnyOf | IsNull | And | Or | Not
