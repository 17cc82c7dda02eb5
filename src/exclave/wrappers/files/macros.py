"""Casts of texts that DuckDB does otherwise than PostgreSQL, as functions of DuckDB's SQL."""

from __future__ import annotations

_SHOWN = 60
"""Characters of a value that errors show."""

_NO_BYTEA = r" is no bytea, which begins with \x and has two digits for each byte"


def _float(name: str, type_name: str, shown: str) -> str:
    """Make a cast that gives infinity for a text that says so, and not for a number."""
    cast = f"CAST(value AS {type_name})"
    return (
        f"CREATE MACRO {name}(value, name) AS "
        f"CASE WHEN isinf({cast}) AND NOT contains(lower(value), 'inf') "
        f"THEN error({_told(f' is out of range for type {shown}')}) ELSE {cast} END"
    )


def _told(what: str) -> str:
    return f"""'column "' || name || '": ' || left(value, {_SHOWN}) || '{what}'"""


MACROS = (
    _float("text_to_float", "FLOAT", "real"),
    _float("text_to_double", "DOUBLE", "double precision"),
    "CREATE MACRO text_to_blob(value, name) AS "
    r"CASE WHEN regexp_full_match(value, '\\x([0-9A-Fa-f]{2})*') THEN unhex(substr(value, 3)) "
    f"ELSE error({_told(_NO_BYTEA)}) END",
)
"""What makes the functions; each takes a text and the name of its column."""

BY_TYPE = {"FLOAT": "text_to_float", "DOUBLE": "text_to_double", "BLOB": "text_to_blob"}
"""The functions by the types that they give."""
