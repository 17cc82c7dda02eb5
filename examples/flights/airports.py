"""The databases of the federation: one at each airport, and the hub with what all share."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import data
from psycopg import Connection, sql

from exclave.cluster import Cluster

HERE = Path(__file__).parent
SEASONS = ("winter", "spring", "summer", "autumn")
FLIGHTS = (
    "time_hour",
    "carrier",
    "flight",
    "tailnum",
    "dest",
    "dep_delay",
    "arr_delay",
    "distance",
)
WEATHER = ("time_hour", "temp", "wind_speed", "visib")


def make_airport(cluster: Cluster, airport: str, password: str) -> dict[str, int]:
    """Make the database at an airport, with its flights and weather; give the number of rows."""
    name = airport.lower()
    cluster.create_database(name)
    with cluster.connect(name) as connection:
        connection.execute((HERE / "airport.sql").read_bytes())
        set_password(connection, "hub", password)
        flights = ([_season(row[0]), *row] for row in _rows("flights", FLIGHTS, airport))
        return {
            "flights": _copy(connection, "flights", ("season", *FLIGHTS), flights),
            "weather": _copy(connection, "weather", WEATHER, _hourly(airport)),
        }


def make_hub(cluster: Cluster) -> str:
    """Make the hub with airlines, airports and planes; give the password of its role `app`."""
    cluster.create_database("hub")
    password = secrets.token_urlsafe()
    with cluster.connect("hub") as connection:
        connection.execute("CREATE ROLE app LOGIN")
        set_password(connection, "app", password)
        for name in ("airlines", "airports", "planes"):
            rows = data.read(name)
            header = [str(column) for column in next(rows)]
            columns = sql.SQL(", ").join(
                sql.SQL("{} text").format(sql.Identifier(column)) for column in header
            )
            connection.execute(
                sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(name), columns)
            )
            connection.execute(sql.SQL("GRANT SELECT ON {} TO app").format(sql.Identifier(name)))
            _copy(connection, name, header, rows)
    return password


def set_password(connection: Connection, role: str, password: str) -> None:
    """Give a role a password."""
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))


def _season(time: str | None) -> str:
    return SEASONS[datetime.fromisoformat(str(time)).month % 12 // 3]


def _rows(name: str, columns: Iterable[str], airport: str) -> Iterator[data.Row]:
    """Give some columns of the rows of one airport."""
    rows = data.read(name)
    places = {column: place for place, column in enumerate(next(rows))}
    chosen = [places[column] for column in columns]
    return ([row[place] for place in chosen] for row in rows if row[places["origin"]] == airport)


def _hourly(airport: str) -> Iterator[data.Row]:
    """Give one row an hour: the hour in which clocks go back is there twice."""
    return iter({row[0]: row for row in _rows("weather", WEATHER, airport)}.values())


def _copy(
    connection: Connection, table: str, columns: Iterable[str], rows: Iterable[data.Row]
) -> int:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
    return count
