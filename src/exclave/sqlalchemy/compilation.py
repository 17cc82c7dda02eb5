"""Text of SQLAlchemy's own DDL elements where their table is a foreign one or a view.

Registered with `sqlalchemy.ext.compiler`; for ordinary tables the dialect's text is given.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable, DropTable, DropTableComment, SetTableComment
from sqlalchemy.sql.compiler import DDLCompiler

from exclave.errors import DeclarationError
from exclave.sqlalchemy.declaration import is_federated, is_foreign, is_ordinary
from exclave.sqlalchemy.naming import Naming
from exclave.sqlalchemy.statements import as_ddl, creation, removal


def create_text(table: sa.Table, compiler: DDLCompiler, *, if_not_exists: bool) -> str:
    """Give CREATE of a foreign table or view; a psql variable stands where a secret would."""
    _check_ours(table)
    naming = Naming.of_compiler(compiler)
    return compiler.process(as_ddl(creation(table, naming, if_not_exists=if_not_exists)[0]))


def drop_text(table: sa.Table, compiler: DDLCompiler, *, if_exists: bool) -> str:
    """Give DROP of a foreign table or view as text."""
    _check_ours(table)
    naming = Naming.of_compiler(compiler)
    return compiler.process(as_ddl(removal(table, naming, if_exists=if_exists)[0]))


def _check_ours(table: sa.Table) -> None:
    if is_federated(table):
        raise DeclarationError(
            f'"{table.fullname}" is a table of a federation; Hub.apply makes it, and no statement '
            "of SQLAlchemy's creates or drops it."
        )


@compiles(CreateTable, "postgresql")
def _create(element: CreateTable, compiler: Any, **more: Any) -> str:
    if not is_ordinary(element.element):
        return create_text(element.element, compiler, if_not_exists=element.if_not_exists)
    return compiler.visit_create_table(element, **more)


@compiles(DropTable, "postgresql")
def _drop(element: DropTable, compiler: Any, **more: Any) -> str:
    if not is_ordinary(element.element):
        return drop_text(element.element, compiler, if_exists=element.if_exists)
    return compiler.visit_drop_table(element, **more)


@compiles(SetTableComment, "postgresql")
def _set_comment(element: SetTableComment, compiler: Any, **more: Any) -> str:
    return _of_kind(compiler.visit_set_table_comment(element, **more), element.element)


@compiles(DropTableComment, "postgresql")
def _drop_comment(element: DropTableComment, compiler: Any, **more: Any) -> str:
    return _of_kind(compiler.visit_drop_table_comment(element, **more), element.element)


def _of_kind(text: str, table: sa.Table) -> str:
    if is_ordinary(table):
        return text
    kind = "FOREIGN TABLE" if is_foreign(table) else "MATERIALIZED VIEW"
    return text.replace("COMMENT ON TABLE", f"COMMENT ON {kind}", 1)
