"""SQLAlchemy 2.0, which has no creator and dropper DDL: conditional DDL takes their place."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable, DropTable
from sqlalchemy.sql.schema import HasConditionalDDL

from exclave.sqlalchemy.instead import create_instead, drop_instead, never


def attach_hooks(table: sa.Table) -> None:
    """Have a table created and dropped as a foreign one."""
    # CREATE TABLE and DROP TABLE heed the condition of their table, as those of indexes and
    # constraints do; only the method to set it is missing from Table.
    HasConditionalDDL.ddl_if(cast("HasConditionalDDL", table), callable_=_instead)


def attach_none(table: sa.Table) -> None:
    """Have a table neither created nor dropped."""
    HasConditionalDDL.ddl_if(cast("HasConditionalDDL", table), callable_=never)


def _instead(ddl: object, target: object, bind: Any, *rest: Any, **more: Any) -> bool:
    if isinstance(ddl, CreateTable):
        return create_instead(ddl, target, bind, *rest, **more)
    if isinstance(ddl, DropTable):
        return drop_instead(ddl, target, bind, *rest, **more)
    return True
