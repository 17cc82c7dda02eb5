"""As `alembic init` writes it, but for two lines about schemas."""

import os
from logging.config import fileConfig
from typing import Any

from alembic import context
from models import SCHEMAS, metadata
from sqlalchemy import create_engine, pool

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

url = os.environ["DATABASE_URL"]


def include_name(name: str | None, type_: str, parents: Any) -> bool:
    """Look into our own schemas only: the database has others, which are others' business."""
    return type_ != "schema" or name in SCHEMAS


OPTIONS: dict[str, Any] = {
    "target_metadata": metadata,
    "include_schemas": True,
    "include_name": include_name,
    "version_table_schema": "public",
}


def run_migrations_offline() -> None:
    """Write the migrations as SQL."""
    context.configure(url=url, literal_binds=True, dialect_opts={"paramstyle": "named"}, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Run the migrations."""
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
