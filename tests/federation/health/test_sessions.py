"""Sessions on the hub that are kept open for probes: whose they are, and how they end."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from psycopg import sql

from exclave.cluster import Database
from exclave.federation.connectable import Dsn
from exclave.federation.health.sessions import Sessions
from exclave.sqlalchemy.federation.connectable import EngineSessions

from .conftest import Airports


@pytest.fixture
def sessions(database: Database) -> Iterator[Sessions]:
    made = Sessions(Dsn(database.dsn), most=2)
    yield made
    made.close()


def test_a_session_is_given_again_to_who_wants_what_it_is_connected_to(
    sessions: Sessions,
) -> None:
    first, second = sessions.take(), sessions.take()
    assert first is not None
    assert second is not None
    assert sessions.take() is None
    second.connected.add(("world", "lga"))
    sessions.give_back(first)
    sessions.give_back(second)
    assert sessions.take([("world", "lga")]) is second
    assert sessions.take([("world", "lga")]) is first


def test_more_than_the_limit_are_given_where_one_is_needed_anyway(sessions: Sessions) -> None:
    taken = [sessions.take_anyway() for _ in range(3)]
    assert len({session.process for session in taken}) == 3
    for session in taken:
        sessions.give_back(session)


def test_limits_and_roles_of_a_session_are_undone(sessions: Sessions, database: Database) -> None:
    session = sessions.take_anyway()
    [(before,)] = session.connection.fetch("SHOW statement_timeout")
    session.limit(1.5)
    assert session.connection.fetch("SHOW statement_timeout") == [("1500ms",)]
    session.limit(None)
    assert session.connection.fetch("SHOW statement_timeout") == [(before,)]
    session.become("pg_monitor")
    assert session.connection.fetch("SELECT current_user::text") == [("pg_monitor",)]
    session.become("none")
    assert session.connection.fetch("SELECT current_user = session_user") == [(True,)]
    sessions.give_back(session)


def test_a_session_that_the_hub_has_ended_is_not_given_again(
    sessions: Sessions, database: Database
) -> None:
    session = sessions.take_anyway()
    process = session.process
    sessions.give_back(session)
    with database.connect() as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [process])
    again = sessions.take_anyway()
    assert again.process != process
    sessions.give_back(again)


def test_a_forked_process_leaves_the_sessions_to_its_parent(sessions: Sessions) -> None:
    session = sessions.take_anyway()
    process = session.process
    sessions.give_back(session)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - nothing is measured in the child
        try:
            other = sessions.take_anyway()
            os.write(writer, str(other.process).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reader, 20)) != process
    os.close(reader)
    os.close(writer)
    again = sessions.take_anyway()
    assert again is session
    assert again.connection.fetch("SELECT pg_backend_pid()") == [(process,)]
    sessions.give_back(again)


def test_sessions_that_nobody_closes_are_closed_with_what_kept_them(database: Database) -> None:
    made = Sessions(Dsn(database.dsn))
    session = made.take_anyway()
    process = session.process
    made.give_back(session)
    gone = weakref.ref(made)
    del made, session
    gc.collect()
    assert gone() is None
    with database.connect() as other:
        ended = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
        for _ in range(1000):
            if other.execute(ended, [process]).fetchone() == (0,):
                break
        else:
            pytest.fail("the session is still open")


def test_what_an_engine_gives_never_comes_back_to_its_pool(database: Database) -> None:
    engine = sa.create_engine(database.url(), pool_size=1, max_overflow=0, pool_timeout=5)
    made = Sessions(EngineSessions(engine))
    session = made.take_anyway()
    session.limit(1.0)
    with engine.connect() as connection:  # the pool's only place is free
        timeout = connection.execute(sa.text("SHOW statement_timeout")).scalar()
        assert timeout != "1s"
    made.give_back(session)
    made.close()
    with engine.connect() as connection:
        assert connection.execute(sa.text("SHOW statement_timeout")).scalar() == timeout
    engine.dispose()


def test_a_server_that_is_full_of_what_is_kept_open_can_still_be_queried(
    airports: Airports,
) -> None:
    hub, lga = airports.hub, airports.members["lga"]
    hub.probe(airports.federation)
    with lga.database.connect() as there:
        role = sql.Identifier(lga.role)
        there.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT 1").format(role))
        try:
            hub.probe(airports.federation)
            sessions = hub.watch.sessions
            holder = sessions.take_anyway([("world", "lga")])
            assert ("world", "lga") in holder.connected
            other = sessions.take_anyway()
            other.connected |= {("world", slug) for slug in airports.members}  # so it is preferred
            sessions.give_back(other)
            sessions.give_back(holder)
            result = hub.query("SELECT count(DISTINCT member) FROM world.flights")
            assert result.rows == ((3,),)
            assert not holder.connected
        finally:
            there.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT -1").format(role))
