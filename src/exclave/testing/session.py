"""The databases of a test run: made in the beginning, gone in the end."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from exclave.cluster import Cluster, ClusterSpec, find_installation, start_clusters
from exclave.testing.database import HubDatabase, RunDatabase
from exclave.testing.member import MemberDatabase
from exclave.testing.place import Place
from exclave.testing.proxy import Proxy
from exclave.testing.schema import make_schema
from exclave.testing.settings import HUB_VARIABLE, Names, Settings, member_variable

if TYPE_CHECKING:
    from psycopg import sql

    from exclave.federation import Federation

_HUB, _OWNER = "hub", "owner"


@contextmanager
def run_databases(
    settings: Settings,
    slugs: Sequence[str],
    *,
    member_schema: object = None,
    hub_schema: object = None,
    federation: Federation | None = None,
    names: Names | None = None,
) -> Generator[HubDatabase]:
    """Make the databases of a hub and its members, and drop them in the end.

    Parameters
    ----------
    settings
        Which servers they are on.
    slugs
        The members.
    member_schema, hub_schema
        What they hold, as of `exclave.testing.schema.make_schema`; the members' is made first.
    federation
        What joins the members' tables on the hub in the end; None joins nothing.
    names
        Of databases and roles; None gives names that nobody else has.

    Yields
    ------
    HubDatabase
        The hub's database, with the members'.

    Raises
    ------
    FederationError
        If a member's tables cannot be joined.
    FixtureError
        If a server that was given cannot be used, or a schema cannot be made.
    ClusterError
        If a throw-away server cannot be started.
    """
    from psycopg import sql

    names = names or Names()
    with ExitStack() as stack:
        places = _places(stack, settings, slugs)
        members = {
            slug: _member(stack, slug, names.name(slug), places[slug], settings.with_proxies)
            for slug in slugs
        }
        for member in members.values():
            make_schema(member, member_schema)
        hub = HubDatabase(names.name(_HUB), places[""], members, names.name(_OWNER))
        owner = sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(hub.owner))
        _in_the_end(stack, places[""], owner)
        _create(stack, hub.name, places[""])
        make_schema(hub, hub_schema)
        if federation is not None:
            from exclave.testing.federated import federate

            federate(hub, federation)
        yield hub


def _places(stack: ExitStack, settings: Settings, slugs: Sequence[str]) -> Mapping[str, Place]:
    """Find or start the servers; the hub's is under the empty name."""
    given = {**settings.members, **({"": settings.hub} if settings.hub else {})}
    places = {
        slug: Place.of_dsn(dsn, member_variable(slug) if slug else HUB_VARIABLE)
        for slug, dsn in given.items()
    }
    missing = [slug for slug in ("", *slugs) if slug not in places]
    own = settings.servers == "own"
    servers = missing if own else list(dict.fromkeys(slug and "members" for slug in missing))
    clusters = dict(zip(servers, _started(stack, settings, len(servers)), strict=True))
    for slug in missing:
        cluster = clusters[slug if own else slug and "members"]
        places[slug] = Place.of_cluster(cluster, alone=own or not slug)
    return places


def _started(stack: ExitStack, settings: Settings, number: int) -> list[Cluster]:
    if not number:
        return []
    spec = ClusterSpec(installation=find_installation(settings.postgresql), auth="scram")
    return stack.enter_context(start_clusters([spec] * number))


def _member(
    stack: ExitStack, slug: str, name: str, place: Place, with_proxies: bool
) -> MemberDatabase:
    from psycopg import sql

    password = secrets.token_urlsafe(12)
    role = sql.Identifier(name)
    with place.connect() as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password))
        )
    _in_the_end(stack, place, sql.SQL("DROP ROLE IF EXISTS {}").format(role))
    _create(stack, name, place)
    with RunDatabase(name, place).connect() as connection:
        for what in ("TABLES", "SEQUENCES", "SCHEMAS"):
            statement = sql.SQL("ALTER DEFAULT PRIVILEGES GRANT ALL ON {} TO {}")
            connection.execute(statement.format(sql.SQL(what), role))
        connection.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(role))
    proxy = stack.enter_context(Proxy(place.host, place.port)) if with_proxies else None
    member = MemberDatabase(slug, name, place, name, password, proxy)
    stack.callback(member.heal)
    return member


def _create(stack: ExitStack, name: str, place: Place) -> None:
    from psycopg import sql

    database = sql.Identifier(name)
    with place.connect() as connection:
        # nobody can be connected to template0, so workers do not disturb each other
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(database))
    gone = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database)
    _in_the_end(stack, place, gone)


def _in_the_end(stack: ExitStack, place: Place, statement: sql.Composed) -> None:
    """Run a statement in the end, unless its server ends then anyway."""

    def run() -> None:
        with place.connect() as connection:
            connection.execute(statement)

    if place.cluster is None:
        stack.callback(run)
