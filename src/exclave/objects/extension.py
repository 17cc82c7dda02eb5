"""An extension, such as the one that brings a foreign-data wrapper."""

from __future__ import annotations

from dataclasses import dataclass

from exclave.objects.names import check_name


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension of the database.

    Parameters
    ----------
    name
        Its name, such as ``postgres_fdw``.
    schema
        The schema that holds its objects; ``None`` leaves it where it is.
    version
        Its version; ``None`` accepts any.

    Notes
    -----
    PostgreSQL documentation, "CREATE EXTENSION".
    """

    name: str
    schema: str | None = None
    version: str | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "extension")
        if self.schema is not None:
            check_name(self.schema, "schema")

    @property
    def key(self) -> str:
        """What identifies it in a database."""
        return self.name

    def __str__(self) -> str:
        return f'extension "{self.name}"'
