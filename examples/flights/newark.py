"""Two PostgreSQL servers, 120,835 real flights, one ORM: a foreign table beside ordinary ones."""

from __future__ import annotations

import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import databases
from models import Base, Flight
from queries import longest_delays, worst_airlines, worst_airlines_grouped_first
from report import say, statements, step, table
from sent import recorded
from sqlalchemy import Engine, create_engine, func, inspect, select
from sqlalchemy.orm import Session

import exclave as xc
from exclave import plan
from exclave.cluster import Cluster, ClusterSpec, start_clusters
from exclave.sqlalchemy import (
    SqlalchemyConnection,
    inspect_foreign,
    make_plan,
    register_foreign,
)

PASSWORD = "NEWARK_PASSWORD"  # the name of an environment variable


def main() -> None:
    """Run the demo from the first step to the last."""
    began = time.monotonic()
    step("Start two PostgreSQL servers, side by side.")
    with start_clusters([ClusterSpec(auth="scram")] * 2) as (hub, newark):
        for name, cluster in (("the hub", hub), ("Newark", newark)):
            version = cluster.installation.version
            say(f"{name}: PostgreSQL {version}, port {cluster.port}, logins by SCRAM-SHA-256")
        engine = load(hub, newark)
        declare(newark)
        create(engine)
        join(engine, newark)
        group_first(engine, newark)
        objects(engine, newark)
        write(engine, newark)
        rotate(engine, newark)
        drop(engine, newark)
        engine.dispose()
    say(f"[dim]All of it took {time.monotonic() - began:.1f} s.[/]")


def load(hub: Cluster, newark: Cluster) -> Engine:
    """Fill both databases; give an engine of the hub's ordinary role."""
    step("Load real flights into one; airlines, airports and planes into the other.")
    os.environ[PASSWORD] = secrets.token_urlsafe()
    password = secrets.token_urlsafe()
    with ThreadPoolExecutor() as threads:
        departures = threads.submit(databases.make_newark, newark, os.environ[PASSWORD])
        local = threads.submit(databases.make_hub, hub, password)
    say(f"Newark: departures {departures.result():,}")
    say("the hub: " + ", ".join(f"{name} {rows:,}" for name, rows in local.result().items()))
    return create_engine(hub.url("hub", user="app", password=password))


def declarations(newark: Cluster, **options: int) -> tuple[xc.Server, xc.UserMapping]:
    """Say where Newark is, and as whom the hub's role `app` goes there."""
    server = xc.Server(
        "newark",
        options={"host": newark.host, "port": newark.port, "dbname": "newark", **options},
    )
    login = {"user": "hub", "password": xc.Secret.env(PASSWORD)}
    return server, xc.UserMapping(server, "app", options=login)


def declare(newark: Cluster) -> None:
    """Put the declarations beside the classes."""
    step("Declare a foreign server and a user mapping; the password is a reference.")
    server, mapping = declarations(newark)
    register_foreign(Base.metadata, server, mapping)
    say(f"{server}: port {newark.port}, database newark")
    say(f"{mapping}: {mapping.options}")


def create(engine: Engine) -> None:
    """Create what is declared and not there yet."""
    step("Compare the declarations with the hub; create_all() makes what is missing.")
    with engine.connect() as connection:
        say(make_plan(Base.metadata, connection).__rich__())
    Base.metadata.create_all(engine)


def join(engine: Engine, newark: Cluster) -> None:
    """Join rows of both databases."""
    step("Join remote flights with local airlines: who is late?")
    with Session(engine) as session, recorded(newark) as sent:
        ranking = session.execute(worst_airlines()).all()
    table("Mean delay at arrival, in minutes", ["airline", "delay", "arrivals"], ranking)
    statements("This is what Newark was sent:", sent.statements)
    say(f"Its rows came in {sent.fetches:,} portions of 100, which is postgres_fdw's default.")


def group_first(engine: Engine, newark: Cluster) -> None:
    """Have the remote do the arithmetic."""
    step("Ask the same, grouped before it is joined: now Newark does the arithmetic.")
    with Session(engine) as session, recorded(newark) as sent:
        again = session.execute(worst_airlines_grouped_first()).all()
        same = again == session.execute(worst_airlines()).all()
    say(f"The result is {'the same' if same else 'another'}.")
    statements("Newark was sent:", sent.statements[:1])


def objects(engine: Engine, newark: Cluster) -> None:
    """Load objects, with their relationships."""
    step("Load flights as objects, each with its airline and destination.")
    with Session(engine) as session, recorded(newark) as sent:
        flights = session.scalars(longest_delays()).all()
        table(
            "The longest delays",
            ["airline", "flight", "to", "on", "hours"],
            [
                (
                    flight.airline.name,
                    f"{flight.carrier} {flight.number}",
                    flight.destination.name if flight.destination else flight.dest,
                    f"{flight.time_hour:%Y-%m-%d}",
                    (flight.arr_delay or 0) / 60,
                )
                for flight in flights
            ],
        )
    statements("Newark was sent:", sent.statements)


def write(engine: Engine, newark: Cluster) -> None:
    """Insert, update and delete a remote row."""
    step("Insert, update and delete a flight through the ORM; Newark gives its id.")
    flight = Flight(
        time_hour=datetime(2013, 12, 31, 23, tzinfo=UTC), carrier="UA", number=2014, dest="SFO"
    )
    with Session(engine, expire_on_commit=False) as session, recorded(newark) as sent:
        session.add(flight)
        session.commit()
        say(f"inserted: {flight.id = }")
        flight.dep_delay = 12
        session.commit()
        found = session.scalar(select(Flight.dep_delay).where(Flight.id == flight.id))
        say(f"updated:  dep_delay is {found} at Newark")
        session.delete(flight)
        session.commit()
        left = session.scalar(
            select(func.count()).select_from(Flight).where(Flight.id == flight.id)
        )
        say(f"deleted:  {left} flights with this id")
    changes = ("INSERT", "UPDATE", "DELETE")
    statements("Newark was sent:", (sql for sql in sent.statements if sql.startswith(changes)))


def rotate(engine: Engine, newark: Cluster) -> None:
    """Change what is declared, and the password behind a reference."""
    step("Newark gets a new password, we want larger portions: what has to change?")
    os.environ[PASSWORD] = secrets.token_urlsafe()
    with newark.connect() as connection:
        databases.set_password(connection, "hub", os.environ[PASSWORD])
    with engine.connect() as connection:
        hub = SqlalchemyConnection(connection)
        wanted = declarations(newark, fetch_size=10_000)
        changes = plan.make(hub, wanted)
        say(changes.__rich__())
        statements("In SQL, with a psql variable for the password:", changes.sql().splitlines())
        changes.apply(hub)
        connection.commit()
        say(plan.make(hub, wanted).__rich__())
    with Session(engine) as session, recorded(newark) as sent:
        session.execute(worst_airlines())
    say(f"The first question once more: {sent.fetches} portions of 10,000.")


def drop(engine: Engine, newark: Cluster) -> None:
    """Drop all that was declared."""
    step("Drop everything that was declared: drop_all().")
    Base.metadata.drop_all(engine)
    with engine.connect() as connection:
        found = inspect_foreign(connection)
        tables = inspect(connection).get_table_names()
    left = len(found.servers) + len(found.user_mappings) + len(found.foreign_tables) + len(tables)
    table(
        "Left on the hub",
        ["servers", "user mappings", "foreign tables", "tables"],
        [(len(found.servers), len(found.user_mappings), len(found.foreign_tables), len(tables))],
    )
    with newark.connect("newark") as connection:
        [(rows,)] = connection.execute("SELECT count(*) FROM departures")
    say(f"{'Something' if left else 'Nothing'} is left; Newark still has its {rows:,} departures.")


if __name__ == "__main__":
    main()
