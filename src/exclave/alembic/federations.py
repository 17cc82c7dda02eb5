"""What federations have on a hub, which the hub makes and no migration does."""

from __future__ import annotations

from importlib.resources import files

import sqlalchemy as sa


def private_schemas(connection: sa.Connection) -> set[str]:
    """Give the schemas of what federations keep for themselves, such as the last known rows."""
    return _names(connection, "private_schemas")


def servers_of_members(connection: sa.Connection) -> set[str]:
    """Give the servers of all members, where the role may read the registry.

    One that may not owns nothing of a federation, so none of it is proposed for dropping.
    """
    if not connection.exec_driver_sql(_query("registry_is_readable")).scalar():
        return set()
    return _names(connection, "servers_of_members")


def _names(connection: sa.Connection, query: str) -> set[str]:
    return {str(name) for name in connection.exec_driver_sql(_query(query)).scalars()}


def _query(name: str) -> str:
    return files("exclave.alembic").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
