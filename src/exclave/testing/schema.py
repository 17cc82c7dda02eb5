"""What a database of a test run holds in the beginning: of metadata, SQL or a function."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from exclave.errors import FixtureError
from exclave.testing.database import RunDatabase

if TYPE_CHECKING:
    import sqlalchemy as sa


def make_schema(database: RunDatabase, schema: object) -> None:
    """Make what a database shall hold.

    Parameters
    ----------
    database
        The new database.
    schema
        A SQLAlchemy `MetaData` or a class that has one as its ``metadata``; SQL as a string; the
        path of a file with SQL (no commands of psql's); a function that takes `database`, for
        instance one that runs migrations; several of these; or None.

    Raises
    ------
    FixtureError
        If it is nothing of that kind, or PostgreSQL refuses it.
    """
    metadata = _metadata_of(schema)
    if schema is None:
        return
    if metadata is not None:
        _create_all(database, metadata)
    elif isinstance(schema, str):
        _run(database, schema, "the SQL of its schema")
    elif isinstance(schema, PathLike):
        path = Path(cast("PathLike[str]", schema))
        _run(database, path.read_text(encoding="utf-8"), str(path))
    elif callable(schema):
        schema(database)
    elif isinstance(schema, Iterable):
        for each in cast("Iterable[object]", schema):
            make_schema(database, each)
    else:
        raise FixtureError(
            f"the schema of {database.name} is a {type(schema).__name__}; expected a SQLAlchemy "
            "MetaData, SQL, the path of a file, a function, or several of these"
        )


def _metadata_of(schema: object) -> sa.MetaData | None:
    if "sqlalchemy" not in sys.modules:
        return None
    import sqlalchemy as sa

    for candidate in (schema, getattr(schema, "metadata", None)):
        if isinstance(candidate, sa.MetaData):
            return candidate
    return None


def _create_all(database: RunDatabase, metadata: sa.MetaData) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(database.url(), poolclass=sa.NullPool)
    names = {table.schema for table in metadata.tables.values()} | {metadata.schema}
    with engine.begin() as connection:
        for name in sorted(filter(None, names)):
            connection.execute(sa.schema.CreateSchema(name, if_not_exists=True))
        metadata.create_all(connection)


def _run(database: RunDatabase, statements: str, source: str) -> None:
    import psycopg

    with database.connect() as connection:
        try:
            connection.execute(cast("Any", statements))
        except psycopg.Error as error:
            raise FixtureError(f"{database.name}: {source} failed: {error}") from error
