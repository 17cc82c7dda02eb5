"""What the tests of autogenerate declare."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

import exclave as xc
from exclave.sqlalchemy import ForeignTable, register_foreign

EXTENSION = xc.Extension("postgres_fdw")
SERVER = xc.Server("accounts", options={"host": "accounts.db", "fetch_size": 100})


def declared(*objects: Any, server: xc.Server | None = SERVER) -> sa.MetaData:
    """A metadata with the extension, a server and further objects."""
    metadata = sa.MetaData()
    register_foreign(metadata, EXTENSION, *([server] if server else []), *objects)
    return metadata


def orders(metadata: sa.MetaData, *columns: sa.Column[Any], **more: Any) -> sa.Table:
    """Declare a foreign table of an id and further columns."""
    id_ = sa.Column("id", sa.BigInteger, primary_key=True)
    return ForeignTable("orders", metadata, id_, *columns, **{"server": "accounts", **more})


def with_orders(*columns: sa.Column[Any], **more: Any) -> sa.MetaData:
    """A metadata with the server and that table."""
    metadata = declared()
    orders(metadata, *columns, **more)
    return metadata
