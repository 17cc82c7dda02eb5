"""A data type by its name, for those that SQLAlchemy has no class for."""

from __future__ import annotations

from typing import Any

from sqlalchemy.types import UserDefinedType

from exclave.objects import QualifiedName


class NamedType(UserDefinedType[Any]):
    """A data type of PostgreSQL's that is only known by name; values are the driver's.

    Parameters
    ----------
    name
        Its name, with its schema where it needs one, such as ``gis.geometry``.
    collation
        A collation other than the type's own; a string is its name as it is, unquoted.
    """

    cache_ok = True

    def __init__(self, name: str, collation: QualifiedName | str | None = None) -> None:
        self.name = name
        self.collation = QualifiedName(collation) if isinstance(collation, str) else collation

    def get_col_spec(self, **more: Any) -> str:
        """Give the name, as SQLAlchemy asks for it."""
        del more
        if self.collation is None:
            return self.name
        return f"{self.name} COLLATE {self.collation}"
