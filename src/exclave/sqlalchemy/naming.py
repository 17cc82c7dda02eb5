"""Which schema a name without one stands in, and which schemas stand for others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import SchemaTranslateMapType
    from sqlalchemy.engine.mock import MockConnection
    from sqlalchemy.sql.compiler import DDLCompiler

DEFAULT_SCHEMA = "public"


@dataclass(frozen=True)
class Naming:
    """How schemas are named where statements run.

    Parameters
    ----------
    default_schema
        The schema of names without one.
    translate
        SQLAlchemy's ``schema_translate_map``.
    """

    default_schema: str = DEFAULT_SCHEMA
    translate: Mapping[str | None, str | None] = field(
        default_factory=lambda: cast("dict[str | None, str | None]", {})
    )

    @classmethod
    def of_connection(cls, connection: sa.Connection | MockConnection | None) -> Naming:
        """Ask a connection; without one, or for a mock one, names stand in ``public``."""
        if not isinstance(connection, sa.Connection):
            return cls()
        found = connection.scalar(
            sa.select(sa.func.pg_catalog.current_schema()),
            execution_options={"schema_translate_map": None},
        )
        options = connection.get_execution_options()
        return cls(found or DEFAULT_SCHEMA, dict(_map_of(options)))

    @classmethod
    def of_compiler(cls, compiler: DDLCompiler) -> Naming:
        """Take what a statement is compiled with."""
        default = compiler.dialect.default_schema_name or DEFAULT_SCHEMA
        return cls(default, dict(compiler.schema_translate_map or {}))

    def schema(self, name: str | None) -> str:
        """Give the schema that a schema's name in a `MetaData` stands for."""
        return self.translate.get(name, name) or self.default_schema


def _map_of(options: Mapping[str, Any]) -> SchemaTranslateMapType:
    return options.get("schema_translate_map") or {}
