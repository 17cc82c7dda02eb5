"""As whom queries of a scan run, and what their names mean."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from tests.fdw.spi.coding import fails, rows, table


@pytest.fixture
def roles(coded: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The roles ``reader``, who may read foreign tables only, and ``keeper``, who may read all."""
    coded.execute("CREATE ROLE reader; CREATE ROLE keeper; GRANT SELECT ON players TO keeper")
    coded.execute("CREATE SCHEMA mine AUTHORIZATION reader")
    yield coded
    coded.execute("RESET ROLE")
    coded.execute("DROP OWNED BY reader CASCADE; DROP OWNED BY keeper CASCADE")
    coded.execute("DROP ROLE reader; DROP ROLE keeper")


WAYS = {
    "cursor": "return spi.cursor('SELECT id FROM public.players')",
    "execute": "return spi.execute('SELECT id FROM public.players').rows",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_query_runs_as_the_user_of_the_scan(roles: psycopg.Connection, way: str) -> None:
    table(roles, "id int", WAYS[way])
    roles.execute("GRANT SELECT ON f TO reader, keeper")
    roles.execute("CREATE VIEW through AS SELECT * FROM f")
    roles.execute("ALTER VIEW through OWNER TO keeper")
    roles.execute("GRANT SELECT ON through TO reader")
    roles.execute("SET ROLE reader")
    assert "players" in fails(roles, "42501")
    assert len(rows(roles, "SELECT * FROM through")) == 10
    roles.execute("SET ROLE keeper")
    assert len(rows(roles, "SELECT * FROM f")) == 10
    roles.execute("RESET ROLE")
    roles.execute("REVOKE SELECT ON players FROM keeper")
    assert len(rows(roles, "SELECT * FROM f")) == 10
    assert "players" in fails(roles, "42501", "SELECT * FROM through")
    assert roles.execute("SELECT current_user").fetchone() == ("postgres",)


@pytest.mark.parametrize("way", WAYS)
def test_row_security_is_that_of_the_user(roles: psycopg.Connection, way: str) -> None:
    roles.execute("ALTER TABLE players ENABLE ROW LEVEL SECURITY")
    roles.execute("CREATE POLICY few ON players FOR SELECT TO keeper USING (id <= 3)")
    roles.execute("GRANT SELECT ON players TO reader")
    table(roles, "id int", WAYS[way])
    roles.execute("GRANT SELECT ON f TO reader, keeper")
    roles.execute("CREATE VIEW through AS SELECT * FROM f")
    roles.execute("ALTER VIEW through OWNER TO keeper")
    roles.execute("GRANT SELECT ON through TO reader")
    assert rows(roles, "SELECT count(id) FROM f") == [(10,)]
    assert rows(roles, "SELECT count(id) FROM through") == [(3,)]
    roles.execute("SET ROLE reader")
    assert rows(roles, "SELECT count(id) FROM f") == [(0,)]
    assert rows(roles, "SELECT count(id) FROM through") == [(3,)]


TRAP = """
CREATE FUNCTION mine.trap(int, int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mine.seen VALUES (current_user);
    RETURN true;
END $$;
CREATE OPERATOR mine.= (LEFTARG = int, RIGHTARG = int, FUNCTION = mine.trap);
"""


@pytest.mark.parametrize("way", WAYS)
def test_a_search_path_does_not_change_what_a_query_means(
    roles: psycopg.Connection, way: str
) -> None:
    table(roles, "id int", WAYS[way].replace("players'", "players WHERE id = 1'"))
    roles.execute("GRANT SELECT ON f TO keeper")
    roles.execute("CREATE VIEW through AS SELECT * FROM f")
    roles.execute("ALTER VIEW through OWNER TO keeper")
    roles.execute("GRANT SELECT ON through TO reader")
    roles.execute("SET ROLE reader")
    roles.execute("CREATE TABLE mine.seen (who text)")
    roles.execute(sql.SQL(TRAP))
    roles.execute("SET search_path = mine, public, pg_catalog")
    assert rows(roles, "SELECT * FROM public.through") == [(1,)]
    assert rows(roles, "SELECT * FROM mine.seen") == []
    assert rows(roles, "SHOW search_path") == [("mine, public, pg_catalog",)]


def test_functions_of_a_cursor_run_as_who_runs_the_statement(roles: psycopg.Connection) -> None:
    roles.execute("CREATE FUNCTION whoami() RETURNS text LANGUAGE sql AS 'SELECT current_user'")
    roles.execute("CREATE VIEW source AS SELECT whoami() AS who, count(*) AS count FROM players")
    roles.execute("GRANT SELECT ON source TO keeper")
    table(roles, "who text", "return spi.cursor('SELECT who FROM public.source')")
    roles.execute("GRANT SELECT ON f TO keeper")
    roles.execute("CREATE VIEW through AS SELECT * FROM f")
    roles.execute("ALTER VIEW through OWNER TO keeper")
    roles.execute("GRANT SELECT ON through TO reader")
    roles.execute("SET ROLE reader")
    assert rows(roles, "SELECT * FROM through") == [("reader",)]


def test_a_statement_as_another_user_is_restricted(roles: psycopg.Connection) -> None:
    table(
        roles, "a text",
        "try:\n    spi.execute('CREATE TEMP TABLE t ()')\n"
        "except StatementError as error:\n    return [(error.sqlstate,)]\n"
        "return [('made',)]",
    )  # fmt: skip
    roles.execute("GRANT SELECT ON f TO keeper")
    roles.execute("GRANT TEMPORARY ON DATABASE " + roles.info.dbname + " TO keeper")
    roles.execute("CREATE VIEW through AS SELECT * FROM f")
    roles.execute("ALTER VIEW through OWNER TO keeper")
    assert rows(roles, "SELECT * FROM through") == [("42501",)]
    assert rows(roles, "SELECT * FROM f") == [("made",)]
