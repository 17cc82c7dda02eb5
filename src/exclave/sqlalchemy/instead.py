"""What is sent instead of CREATE TABLE and DROP TABLE where a table is a foreign one.

The functions stand where SQLAlchemy asks whether a DDL element is to be executed: they execute
the engine's statements and answer no.
"""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa

from exclave.sqlalchemy.naming import Naming
from exclave.sqlalchemy.statements import creation, removal, run


def create_instead(ddl: object, target: object, bind: Any, *_: Any, **more: Any) -> bool:
    """Create the foreign table, and tell SQLAlchemy to send no CREATE TABLE."""
    del ddl, more
    statements = creation(cast("sa.Table", target), Naming.of_connection(bind))
    run(statements[:1], bind)
    return False


def drop_instead(ddl: object, target: object, bind: Any, *_: Any, **more: Any) -> bool:
    """Drop the foreign table, and tell SQLAlchemy to send no DROP TABLE."""
    del ddl, more
    run(removal(cast("sa.Table", target), Naming.of_connection(bind)), bind)
    return False


def never(*_: Any, **more: Any) -> bool:
    """Tell SQLAlchemy to send nothing for an index or a key of a foreign table."""
    del more
    return False
