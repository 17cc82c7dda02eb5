"""What DuckDB decides as PostgreSQL does, and what it does not: one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "boolean", "integer", "decimal", "float", "text", "bytes", "date", "time", "timestamp",
    "timestamptz", "uuid", "other",
]  # fmt: skip
"""Groups of types that are compared alike."""

Trust = Literal["exact", "superset", "no"]
"""``superset``: DuckDB may be asked, but PostgreSQL looks again. ``no``: it could lose rows."""


@dataclass(frozen=True)
class Agreement:
    """What holds for values of one kind.

    Parameters
    ----------
    equal
        Of ``=``, ``<>``, IN, NOT IN.
    order
        Of ``<``, ``<=``, ``>``, ``>=``.
    sort, group, extremes, sum
        Whether ORDER BY, GROUP BY (and DISTINCT), min and max, sum are the same.
    why
        What differs.
    """

    equal: Trust = "exact"
    order: Trust = "exact"
    sort: bool = True
    group: bool = True
    extremes: bool = True
    sum: bool = False
    why: str = ""


AGREEMENTS: dict[Kind, Agreement] = {
    "boolean": Agreement(extremes=False, why="PostgreSQL has no min and max of them"),
    "integer": Agreement(sum=True),
    "decimal": Agreement(sum=True, why="only numeric(p, s): there is one scale and no NaN"),
    "float": Agreement(
        equal="superset", order="superset", group=False, extremes=False,
        why="DuckDB believes Parquet's statistics, which leave NaN out; sums depend on the order",
    ),
    "text": Agreement(
        extremes=False,
        why='the order is the same only in the collation "C"; LIKE is, while ILIKE and regular '
        "expressions depend on the locale; wrappers are not told of nondeterministic collations",
    ),
    "bytes": Agreement(extremes=False, why="PostgreSQL before 18 has no min and max of them"),
    "date": Agreement(),
    "time": Agreement(),
    "timestamp": Agreement(),
    "timestamptz": Agreement(why="an instant; text and local times are read as UTC"),
    "uuid": Agreement(extremes=False, why="PostgreSQL has no min and max of them"),
    "other": Agreement(
        equal="no", order="no", sort=False, group=False, extremes=False,
        why="json, arrays, interval, char(n), enum and what DuckDB does not know",
    ),
}  # fmt: skip

FLOAT_LOSES = frozenset({">", ">=", "<>"})
"""Of these, statistics without NaN skip rows that fulfil them: NaN is greater than any number."""

ORDERED_COLLATION = "C"
"""In it texts are ordered by their bytes, as DuckDB does it, if the database's encoding is UTF8."""
