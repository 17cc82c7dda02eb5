"""Ordinary and foreign tables in one metadata, and which of them a database has."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table, Text

from exclave.sqlalchemy import (
    ForeignTable,
)


def tables_in(connection: sa.Connection, schema: str = "public") -> dict[str, str]:
    rows = connection.execute(
        sa.text(
            "SELECT c.relname::text AS name, c.relkind::text AS kind FROM pg_class AS c "
            "WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind IN ('r', 'f')"
        ),
        {"schema": schema},
    )
    return {row.name: row.kind for row in rows}


def mixed(metadata: MetaData) -> tuple[Table, Table]:
    """An ordinary table, a foreign one with a key to it, and a foreign one with a key to that."""
    local = Table("local", metadata, Column("id", Integer, primary_key=True), comment="mine")
    foreign = ForeignTable(
        "foreign",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("local", sa.ForeignKey("local.id", name="fk"), index=True, comment="which one"),
        Column("text", Text, unique=True, server_default="50% 'x' :y"),
        sa.Index("by_text", "text"),
        sa.CheckConstraint("id % 2 >= 0", name="even"),
        server="remote_server",
        comment="100% 'theirs' :x",
    )
    return local, foreign
