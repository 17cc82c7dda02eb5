"""As `alembic init --template multidb` writes it; the environment names the databases."""

import os
import re
from logging.config import fileConfig

from alembic import context
from models import metadata
from sqlalchemy import create_engine, pool

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

names = re.split(r",\s*", config.get_main_option("databases", ""))
urls = {name: os.environ[f"{name.upper()}_URL"] for name in names}


def run_migrations_offline() -> None:
    """Write the migrations as SQL, in a file a database."""
    for name, url in urls.items():
        with open(f"{name}.sql", "w") as buffer:
            context.configure(
                url=url,
                output_buffer=buffer,
                target_metadata=metadata[name],
                literal_binds=True,
                dialect_opts={"paramstyle": "named"},
            )
            with context.begin_transaction():
                context.run_migrations(engine_name=name)


def run_migrations_online() -> None:
    """Run the migrations in all databases, and commit when all have succeeded."""
    connections = {
        name: create_engine(url, poolclass=pool.NullPool).connect() for name, url in urls.items()
    }
    transactions = [connection.begin() for connection in connections.values()]
    try:
        for name, connection in connections.items():
            context.configure(
                connection=connection,
                upgrade_token=f"{name}_upgrades",
                downgrade_token=f"{name}_downgrades",
                target_metadata=metadata[name],
            )
            context.run_migrations(engine_name=name)
        for transaction in transactions:
            transaction.commit()
    except BaseException:
        for transaction in transactions:
            transaction.rollback()
        raise
    finally:
        for connection in connections.values():
            connection.close()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
