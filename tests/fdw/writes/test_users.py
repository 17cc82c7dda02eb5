"""As whom rows are written: the user of the statement, or the owner of the view that it names."""

from __future__ import annotations

import psycopg
import pytest
from tests.fdw.writes.tables import rows, table


@pytest.fixture
def whose(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection to a database with a table that tells as whom it is written."""
    (name,) = rows(connection, "SELECT current_database()")[0]
    role = f"owner_of_{name}"
    connection.execute("SELECT exclave.create_wrapper('whose', 'trial_writes:Whose')")
    connection.execute("CREATE SERVER whose FOREIGN DATA WRAPPER whose")
    connection.execute("CREATE FOREIGN TABLE w (a text, b text) SERVER whose")
    connection.execute(f"CREATE ROLE {role}")
    for user in (role, "CURRENT_USER"):
        login = "the owner" if user == role else "the caller"
        connection.execute(f"CREATE USER MAPPING FOR {user} SERVER whose OPTIONS (login '{login}')")
    connection.execute("CREATE TABLE p (a text, b text) PARTITION BY LIST (a)")
    connection.execute("CREATE FOREIGN TABLE q PARTITION OF p DEFAULT SERVER whose")
    for name, view in {"w": "v", "p": "pv"}.items():
        connection.execute(f"CREATE VIEW {view} AS TABLE {name}")
        connection.execute(f"GRANT ALL ON {name} TO {role}; ALTER VIEW {view} OWNER TO {role}")
    connection.execute(f"GRANT CREATE ON SCHEMA public TO {role}")
    return connection


def test_views_are_written_as_their_owners(whose: psycopg.Connection) -> None:
    told: list[str] = []
    whose.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
    (name,) = rows(whose, "SELECT current_database()")[0]
    expected = {"w": "postgres the caller", "v": f"owner_of_{name} the owner"}
    for target, user in expected.items():
        for statement in ("INSERT INTO {} VALUES ('x')", "UPDATE {} SET b = 'z'", "DELETE FROM {}"):
            whose.execute(statement.format(target))
            assert told.pop() == user, statement
    whose.execute("INSERT INTO p VALUES ('x', 'y')")
    assert told.pop() == expected["w"]
    whose.execute("INSERT INTO pv VALUES ('x', 'y')")
    assert told.pop() == expected["v"]
    with whose.cursor() as cursor, cursor.copy("COPY p FROM STDIN") as copy:
        copy.write_row(("x", "y"))
    assert told.pop() == expected["w"]
    whose.execute("TRUNCATE w")
    assert told.pop() == expected["w"]
    assert told == []


def test_a_class_may_write_to_the_database_itself(connection: psycopg.Connection) -> None:
    connection.execute(
        "CREATE TABLE local (id int GENERATED ALWAYS AS IDENTITY, label text UNIQUE)"
    )
    connection.execute("SELECT exclave.create_wrapper('inside', 'trial_writes:Local')")
    connection.execute("CREATE SERVER inside FOREIGN DATA WRAPPER inside")
    connection.execute("CREATE FOREIGN TABLE l (id int, label text) SERVER inside")
    insert = "INSERT INTO l (label) VALUES ('a'), ('b'), ('c')"
    assert rows(connection, insert + " RETURNING id") == [(1,), (2,), (3,)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("INSERT INTO l (label) VALUES ('d'), ('a')")
    assert connection.execute("INSERT INTO l (label) SELECT label || '!' FROM l").rowcount == 3
    assert rows(connection, "DELETE FROM l WHERE label LIKE '_!' RETURNING label") == [
        ("a!",), ("b!",), ("c!",),
    ]  # fmt: skip
    assert rows(connection, "TABLE l") == [(1, "a"), (2, "b"), (3, "c")]


def test_a_class_may_write_to_a_foreign_table_of_another_class(store: psycopg.Connection) -> None:
    table(store, "local", "id int, label text", serial="id", key="id")
    store.execute("SELECT exclave.create_wrapper('inside', 'trial_writes:Local')")
    store.execute("CREATE SERVER inside FOREIGN DATA WRAPPER inside")
    store.execute("CREATE FOREIGN TABLE l (id int, label text) SERVER inside")
    for _ in range(2):
        assert store.execute("INSERT INTO l (label) VALUES ('a'), ('b')").rowcount == 2
    assert rows(store, "INSERT INTO l (label) VALUES ('c') RETURNING id") == [(5,)]
    assert store.execute("DELETE FROM l WHERE label = 'b'").rowcount == 2
    assert rows(store, "TABLE l") == [(1, "a"), (3, "a"), (5, "c")]
    store.execute("ALTER FOREIGN TABLE local OPTIONS (ADD unique 'label')")
    with pytest.raises(psycopg.errors.UniqueViolation, match="duplicate"):
        store.execute("INSERT INTO l (label) VALUES ('d'), ('a')")
    assert rows(store, "TABLE l") == [(1, "a"), (3, "a"), (5, "c")]
