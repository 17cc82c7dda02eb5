"""What roles may do, as a class in Python asks for it."""

from __future__ import annotations

import psycopg
import pytest


def test_a_class_learns_what_the_creator_and_the_user_may(connection: psycopg.Connection) -> None:
    connection.execute("SELECT exclave.create_wrapper('rights', 'role_wrappers:Rights')")
    connection.execute("CREATE SERVER rights FOREIGN DATA WRAPPER rights")
    with connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE reader_of_files IN ROLE pg_read_server_files")
        connection.execute("CREATE ROLE anybody")
        connection.execute("GRANT ALL ON SCHEMA public TO reader_of_files, anybody")
        connection.execute("GRANT USAGE ON FOREIGN SERVER rights TO reader_of_files, anybody")
        create = (
            'CREATE FOREIGN TABLE {} (has bool, "super" bool) SERVER rights'
            " OPTIONS (role 'pg_read_server_files')"
        )
        connection.execute("SET LOCAL ROLE anybody")
        refused = pytest.raises(psycopg.errors.InsufficientPrivilege, match="not for everybody")
        with refused, connection.transaction():
            connection.execute(create.format("refused"))
        connection.execute("SET LOCAL ROLE reader_of_files")
        connection.execute(create.format("told"))
        assert connection.execute("SELECT * FROM told").fetchall() == [(True, False)]
        connection.execute("GRANT SELECT ON told TO anybody")
        connection.execute("SET LOCAL ROLE anybody")
        assert connection.execute("SELECT * FROM told").fetchall() == [(False, False)]
        connection.execute("RESET ROLE")
        assert connection.execute("SELECT * FROM told").fetchall() == [(True, True)]
        connection.execute("ALTER FOREIGN TABLE told OPTIONS (SET role 'nobody here')")
        with pytest.raises(psycopg.errors.UndefinedObject):
            connection.execute("SELECT * FROM told")
