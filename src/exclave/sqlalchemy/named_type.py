"""A data type by its name, for those that SQLAlchemy has no class for."""

from __future__ import annotations

from typing import Any

from sqlalchemy.types import UserDefinedType


class NamedType(UserDefinedType[Any]):
    """A data type of PostgreSQL's that is only known by name; values are the driver's.

    Parameters
    ----------
    name
        Its name, with its schema where it needs one, such as ``gis.geometry``.
    """

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **more: Any) -> str:
        """Give the name, as SQLAlchemy asks for it."""
        del more
        return self.name
