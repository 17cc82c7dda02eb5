"""Declarations against what the server's PostgreSQL version has; options are checked elsewhere."""

from __future__ import annotations

from exclave.errors import DeclarationError
from exclave.objects import Catalog, ForeignTable, MaterializedView
from exclave.objects.grant import MAINTAIN_SINCE

VIRTUAL_SINCE = 18
"""The PostgreSQL major version that brought virtual generated columns."""


def check_declared_versions(desired: Catalog, major: int) -> None:
    """Check that a PostgreSQL version has all that is declared.

    Parameters
    ----------
    desired
        The declarations.
    major
        The server's PostgreSQL major version.

    Raises
    ------
    DeclarationError
        For a virtual generated column, or the privilege MAINTAIN, of a version without it.
    """
    if major < VIRTUAL_SINCE:
        for table in desired.foreign_tables.values():
            _check_columns(table, major)
    if major < MAINTAIN_SINCE:
        for value in (*desired.foreign_tables.values(), *desired.materialized_views.values()):
            _check_grants(value, major)


def _check_columns(table: ForeignTable, major: int) -> None:
    for column in table.columns:
        if column.generated is not None and not column.generated.stored:
            raise DeclarationError(
                f'{table}, column "{column.name}": virtual generated columns came with PostgreSQL '
                f"{VIRTUAL_SINCE}, and this server is PostgreSQL {major}. Declare it with "
                "Generated(stored=True) or upgrade."
            )


def _check_grants(value: ForeignTable | MaterializedView, major: int) -> None:
    for grant in value.grants or ():
        if grant.privilege == "MAINTAIN":
            raise DeclarationError(
                f'{value}: the privilege MAINTAIN, declared for "{grant.role}", came with '
                f"PostgreSQL {MAINTAIN_SINCE}, and this server is PostgreSQL {major}. Leave it "
                "out or upgrade."
            )
