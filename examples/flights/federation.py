"""Three airports, each with its own database, read and written as one: what `make demo` runs."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from airports import make_airport, make_hub
from federated import AIRPORTS, Airline, Flight
from report import say, statements, step, table
from sent import recorded
from sqlalchemy import Float, Row, Select, cast, create_engine, func, select
from sqlalchemy.orm import Session, selectinload

import exclave as xc
from exclave.cluster import Cluster, ClusterSpec, start_clusters
from exclave.errors import MembersDownError
from exclave.federation import Completeness
from exclave.sqlalchemy import completeness, federate

CODES = ("EWR", "JFK", "LGA")
SIGNS = {"create": "green", "add": "green", "change": "yellow", "drop": "red"}


def by_airport() -> Select[tuple[str, int, float]]:
    """Count the flights of each airport, with their mean delay."""
    delay = cast(func.avg(Flight.dep_delay), Float)
    query = select(Flight.airport, func.count(), delay)
    return query.group_by(Flight.airport).order_by(Flight.airport)


class Demo:
    """Four servers: the hub, and one at each airport."""

    def __init__(self, clusters: list[Cluster]) -> None:
        self.central, *others = clusters
        self.clusters = dict(zip(CODES, others, strict=True))
        self.hub = xc.Hub(self.central.dsn("hub"))

    def run(self) -> None:
        """Run all steps."""
        self.load()
        self.register()
        self.ask()
        self.group()
        self.objects()
        self.insert()
        self.go_down()
        self.drift()
        self.hub.close()
        self.engine.dispose()

    def load(self) -> None:
        """Fill the databases."""
        step("Load their real flights and weather into the airports; airlines into the hub.")
        for code in CODES:
            os.environ[f"{code}_PASSWORD"] = secrets.token_urlsafe()
        with ThreadPoolExecutor() as threads:
            made = {
                code: threads.submit(make_airport, cluster, code, os.environ[f"{code}_PASSWORD"])
                for code, cluster in self.clusters.items()
            }
            password = make_hub(self.central)
            for code, counts in made.items():
                found = ", ".join(f"{name} {rows:,}" for name, rows in counts.result().items())
                say(f"{code}: {found}")
        self.engine = create_engine(self.central.url("hub", user="app", password=password))

    def register(self) -> None:
        """Make the hub one, and join the airports."""
        step("Make the hub a hub, and register the three airports.")
        self.hub.install()
        for code, cluster in self.clusters.items():
            self.hub.add_member(
                AIRPORTS,
                xc.Member.postgres(
                    code,
                    host="127.0.0.1",
                    port=cluster.port,
                    dbname=code.lower(),
                    user="hub",
                    password=xc.Secret.env(f"{code}_PASSWORD"),
                ),
            )
        say("What apply() will do, as plan() tells:")
        for each in self.hub.plan(AIRPORTS).steps:
            verb = each.kind.partition(" ")[0]
            say(f"  [{SIGNS.get(verb, 'cyan')}]{each.kind} [bold]{each.name}[/][/]: {each.reason}")
        self.hub.apply(AIRPORTS)
        say("After apply():")
        for member in self.hub.members(AIRPORTS):
            say(f"  {member.slug}: {member.state}, foreign server {member.server}")

    def ask(self) -> None:
        """Ask all airports one question."""
        step("One query over all airports, joined with the hub's airlines: who is late?")
        delay = cast(func.avg(Flight.dep_delay), Float).label("delay")
        query = (
            select(Airline.name, delay, func.count())
            .join(Flight.airline)
            .where(Flight.dep_delay.is_not(None))
            .group_by(Airline.name)
            .having(func.count() > 1000)
            .order_by(delay.desc())
            .limit(5)
        )
        with Session(self.engine) as session:
            table(
                "Mean delay at departure, in minutes",
                ["airline", "delay", "flights"],
                session.execute(query).all(),
            )

    def group(self) -> None:
        """Group by member, and ask one member alone."""
        step("Every row knows its airport: group by it, filter by it.")
        with Session(self.engine) as session:
            self.show("Flights by airport", session.execute(by_airport()).all())
            one = select(func.count()).where(Flight.airport == "JFK", Flight.season == "winter")
            with (
                recorded(self.clusters["JFK"]) as asked,
                recorded(self.clusters["LGA"]) as spared,
            ):
                count = session.scalar(one)
        say(
            f"Winter flights from JFK: {count:,}. LGA was sent {len(spared.statements)} statements."
        )
        statements("JFK was sent:", asked.statements)

    def objects(self) -> None:
        """Load objects of all airports."""
        step("Load the longest delays as objects, from wherever they are.")
        query = (
            select(Flight)
            .where(Flight.dep_delay.is_not(None))
            .order_by(Flight.dep_delay.desc())
            .limit(4)
            .options(selectinload(Flight.airline))
        )
        with Session(self.engine) as session:
            table(
                "The longest delays",
                ["airport", "id there", "airline", "to", "hours"],
                [
                    (
                        each.airport,
                        each.id,
                        each.airline.name,
                        each.dest,
                        (each.dep_delay or 0) / 60,
                    )
                    for each in session.scalars(query)
                ],
            )

    def insert(self) -> None:
        """Insert into one airport."""
        step("Insert a flight into JFK through the ORM; JFK gives its id.")
        flight = Flight(
            airport="JFK",
            time_hour=datetime(2013, 12, 31, 23, tzinfo=UTC),
            season="winter",
            carrier="B6",
            flight=2014,
            dest="SFO",
        )
        with Session(self.engine, expire_on_commit=False) as session:
            session.add(flight)
            session.commit()
        with self.clusters["JFK"].connect("jfk") as connection:
            found = connection.execute(
                "SELECT flight, dest FROM flights WHERE id = %s", [flight.id]
            ).fetchall()
        say(f"inserted: {flight.id = }; JFK itself has {found} under this id")

    def go_down(self) -> None:
        """Stop one airport, and ask in three ways."""
        step("Keep the last known flights; then LGA goes down.")
        for slug, kept in sorted(self.hub.refresh(AIRPORTS).items()):
            say(f"{slug}: {sum(kept.rows.values()):,} rows kept")
        federate(self.engine, self.hub, AIRPORTS)
        self.clusters["LGA"].stop()
        say("LGA is stopped. The same query, in three ways:")
        with Session(self.engine) as session:
            try:
                session.execute(by_airport(), execution_options={"exclave_down": "raise"})
            except MembersDownError as error:
                reasons = (
                    f"{slug} is down ({health.reason})" for slug, health in error.members.items()
                )
                say(f'[italic]"raise"[/]: {type(error).__name__}: {", ".join(reasons)}')
        for down in ("skip", "stale"):
            with Session(self.engine) as session:
                result = session.execute(by_airport(), execution_options={"exclave_down": down})
                self.show(f'"{down}"', result.all())
                say(self.whose(completeness(result)))
        self.clusters["LGA"].start()
        back = self.hub.probe(AIRPORTS).values()
        say(f"LGA is started: {sum(each.ok for each in back)} of {len(back)} airports answer.")

    @staticmethod
    def show(title: str, rows: Sequence[Row[tuple[str, int, float]]]) -> None:
        """Print the flights of each airport."""
        table(title, ["airport", "flights", "delay"], rows)

    @staticmethod
    def whose(found: Completeness) -> str:
        """Tell whose rows a result holds."""
        parts = [f"as they are now: {', '.join(found.members)}"]
        if found.missing:
            parts.append(f"missing: {', '.join(found.missing)}")
        ages = (f"{slug}, {age.total_seconds():.0f} s old" for slug, age in found.stale.items())
        if found.stale:
            parts.append(f"last known: {', '.join(ages)}")
        return "; ".join(parts)

    def drift(self) -> None:
        """Change a table at one airport, and follow."""
        step("EWR adds a column, without a word to anybody.")
        with self.clusters["EWR"].connect("ewr") as connection:
            connection.execute("ALTER TABLE flights ADD COLUMN gate text DEFAULT 'A1'")
        with Session(self.engine) as session:
            count = session.scalar(select(func.count()).select_from(Flight))
        say(f"Queries go on: {count:,} flights. What drift() tells:")
        for each in self.hub.drift(AIRPORTS):
            say(f"  {each}")
        self.hub.sync(AIRPORTS)
        gates = "SELECT airport, gate, count(*) FROM everywhere.flights GROUP BY 1, 2 ORDER BY 1"
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql(gates)
            rows = [(airport, gate or "NULL", count) for airport, gate, count in found]
        table(
            "After sync(): NULL where there is no such column", ["airport", "gate", "flights"], rows
        )
        left = len(self.hub.drift(AIRPORTS))
        say(f"What drift() tells now: {left or 'nothing'}.")


def main() -> None:
    """Run the demo from the first step to the last."""
    began = time.monotonic()
    step("Start four PostgreSQL servers, side by side: a hub and three airports.")
    with start_clusters([ClusterSpec(auth="scram")] * 4) as clusters:
        for name, cluster in zip(("the hub", *CODES), clusters, strict=True):
            version = cluster.installation.version
            say(f"{name}: PostgreSQL {version}, port {cluster.port}, logins by SCRAM-SHA-256")
        Demo(list(clusters)).run()
    say(f"[dim]All of it took {time.monotonic() - began:.1f} s.[/]")


if __name__ == "__main__":
    main()
