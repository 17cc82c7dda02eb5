"""Columns of foreign tables: by far the most of what is read, so they are made once each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exclave.catalog.grants import grants_of
from exclave.catalog.options import options_of
from exclave.objects import Column, Generated, QualifiedName
from exclave.objects.foreign_table import Identity

_IDENTITIES: dict[str, Identity] = {"a": "ALWAYS", "d": "BY DEFAULT"}
_STORED = {"s": True, "v": False}


def column_of(row: Sequence[Any]) -> Column:
    """Give one column.

    Parameters
    ----------
    row
        What `sql/foreign_tables.sql` collects of it: name, type, collation, whether NOT NULL,
        expression, `attgenerated`, `attidentity`, options, comment and grants.
    """
    name, type_, collation, not_null, expression, generated, identity, options, comment, acl = row
    return Column(
        name,
        type_,
        collation=QualifiedName(*collation) if collation else None,
        not_null=not_null,
        default=None if generated else expression,
        generated=Generated(expression, _STORED[generated]) if generated else None,
        identity=_IDENTITIES.get(identity),
        options=options_of(options),
        comment=comment,
        grants=grants_of(acl),
    )
