"""Which schema a name without one stands in, and which schemas stand for others."""

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
    """How schemas are named where statements run.

    Parameters
    ----------
    default_schema
        The schema of names without one, or a function that tells it when it is needed.
    translate
        SQLAlchemy's ``schema_translate_map``.
    """

    def __init__(
        self,
        default_schema: str | Callable[[], str] = DEFAULT_SCHEMA,
        translate: SchemaTranslateMapType | None = None,
    ) -> None:
        self._default_schema = default_schema
        self.translate: SchemaTranslateMapType = translate or {}

    @classmethod
    def of_connection(cls, connection: sa.Connection | MockConnection | None) -> Naming:
        """Ask a connection; without one, or for a mock one, names stand in ``public``."""
        if not isinstance(connection, sa.Connection):
            return cls()

        def ask() -> str:
            found = connection.scalar(
                sa.select(sa.func.pg_catalog.current_schema()),
                execution_options={"schema_translate_map": None},
            )
            return found or DEFAULT_SCHEMA

        return cls(ask, connection.get_execution_options().get("schema_translate_map"))

    @classmethod
    def of_compiler(cls, compiler: DDLCompiler) -> Naming:
        """Take what a statement is compiled with."""
        default = compiler.dialect.default_schema_name or DEFAULT_SCHEMA
        return cls(default, compiler.schema_translate_map)

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
