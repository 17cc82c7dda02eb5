"""The two databases, each made as its administrator would, and filled with COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import data
from models import Airline, Airport, Base, Plane
from psycopg import Connection, sql
from sqlalchemy import create_engine

from exclave.cluster import Cluster

HERE = Path(__file__).parent
LOCAL = [Airline, Airport, Plane]


def make_newark(cluster: Cluster, password: str) -> int:
    """Make the remote database with the departures from Newark; give their number."""
    with _database(cluster, "newark") as connection:
        set_password(connection, "hub", password)
        return _copy(connection, "departures", "flights", lambda row: row["origin"] == "EWR")


def make_hub(cluster: Cluster, password: str) -> dict[str, int]:
    """Make the hub with its ordinary tables; give the number of rows in each."""
    with _database(cluster, "hub") as connection:
        set_password(connection, "app", password)
    engine = create_engine(cluster.url("hub", user="app", password=password))
    Base.metadata.create_all(engine, tables=[model.__table__ for model in LOCAL])
    engine.dispose()
    with cluster.connect("hub") as connection:
        names = [model.__tablename__ for model in LOCAL]
        return {name: _copy(connection, name, name) for name in names}


def set_password(connection: Connection, role: str, password: str) -> None:
    """Give a role a password."""
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))


def _database(cluster: Cluster, name: str) -> Connection:
    cluster.create_database(name)
    connection = cluster.connect(name)
    connection.execute((HERE / f"{name}.sql").read_bytes())
    return connection


def _everything(row: dict[str, str | None]) -> bool:
    del row
    return True


def _copy(
    connection: Connection,
    table: str,
    source: str,
    wanted: Callable[[dict[str, str | None]], bool] = _everything,
) -> int:
    rows: Iterable[data.Row] = data.read(source)
    header = [str(name) for name in next(iter(rows))]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, header))
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            if wanted(dict(zip(header, row, strict=True))):
                copy.write_row(row)
                count += 1
    connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
    return count
