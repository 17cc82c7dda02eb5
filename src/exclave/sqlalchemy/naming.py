"""What declarations leave to where they are: the schemas of names, and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from exclave.objects import QualifiedName

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import SchemaTranslateMapType
    from sqlalchemy.engine.mock import MockConnection
    from sqlalchemy.sql.compiler import DDLCompiler

DEFAULT_SCHEMA = "public"


class Naming:
    """How schemas are named where statements run, and what SQLAlchemy leaves out there.

    Parameters
    ----------
    default_schema
        The schema of names without one, or a function that tells it when it is needed.
    translate
        SQLAlchemy's ``schema_translate_map``.
    virtual
        Whether a generated column is VIRTUAL that says neither that nor STORED.
    """

    def __init__(
        self,
        default_schema: str | Callable[[], str] = DEFAULT_SCHEMA,
        translate: SchemaTranslateMapType | None = None,
        *,
        virtual: bool = False,
    ) -> None:
        self._default_schema = default_schema
        self.virtual = virtual
        self.translate: SchemaTranslateMapType = translate or {}

    @classmethod
    def of_connection(cls, connection: sa.Connection | MockConnection | None) -> Naming:
        """Ask a connection; without one, or for a mock one, names stand in ``public``."""
        virtual = connection is not None and _is_virtual(connection.dialect)
        if not isinstance(connection, sa.Connection):
            return cls(virtual=virtual)

        def ask() -> str:
            found = connection.scalar(
                sa.select(sa.func.pg_catalog.current_schema()),
                execution_options={"schema_translate_map": None},
            )
            return found or DEFAULT_SCHEMA

        translate = connection.get_execution_options().get("schema_translate_map")
        return cls(ask, translate, virtual=virtual)

    @classmethod
    def of_compiler(cls, compiler: DDLCompiler) -> Naming:
        """Take what a statement is compiled with."""
        default = compiler.dialect.default_schema_name or DEFAULT_SCHEMA
        return cls(default, compiler.schema_translate_map, virtual=_is_virtual(compiler.dialect))

    @property
    def default_schema(self) -> str:
        """The schema of names without one."""
        if callable(self._default_schema):
            self._default_schema = self._default_schema()
        return self._default_schema

    def schema(self, name: str | None) -> str:
        """Give the schema that a schema's name in a `MetaData` stands for."""
        return self.translate.get(name, name) or self.default_schema

    def translated(self, name: QualifiedName) -> QualifiedName:
        """Give what a name in a `MetaData` stands for; without a schema it may stay."""
        return QualifiedName(name.name, self.translate.get(name.schema, name.schema))

    def former(self, name: QualifiedName | str | None) -> QualifiedName | str | None:
        """Give what a former name stands for; a plain one is in the schema of the new name."""
        return self.translated(name) if isinstance(name, QualifiedName) else name


def _is_virtual(dialect: sa.Dialect) -> bool:
    """Tell whether SQLAlchemy leaves it to PostgreSQL how `Computed` is, which is VIRTUAL then.

    Version 2.0 always writes STORED, and 2.1 does for servers before PostgreSQL 18.
    """
    return bool(getattr(dialect, "supports_virtual_generated_columns", False))
