"""Triggers of foreign tables, and views above them, with checks and defaults of their own."""

from __future__ import annotations

import psycopg
import pytest
from tests.fdw.writes.tables import partition, rows, said, table

TELL = """
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO told VALUES (concat_ws(' ', TG_WHEN, TG_OP, OLD, NEW));
    RETURN coalesce(NEW, OLD);
END $$
"""
STAMP = """
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.label = 'nothing' THEN RETURN NULL; END IF;
    NEW.stamp := 'stamped';
    RETURN NEW;
END $$
"""
COUNT = """
CREATE FUNCTION tell_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO told SELECT TG_WHEN || ' ' || count(*) FROM t; RETURN NULL; END $$
"""


@pytest.fixture
def told(store: psycopg.Connection) -> psycopg.Connection:
    """A connection with a table that a trigger function tells its rows to."""
    store.execute("CREATE TABLE told (said text)")
    for function in (TELL, STAMP):
        store.execute(function)
    return store


def test_triggers_after_rows_see_what_the_source_made(told: psycopg.Connection) -> None:
    table(told, "t", "id int, label text", key="id", serial="id")
    told.execute("CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON t "
                 "FOR EACH ROW EXECUTE FUNCTION tell()")  # fmt: skip
    told.execute("INSERT INTO t (label) VALUES ('a'), ('b')")
    told.execute("UPDATE t SET label = 'c' WHERE id = 2")
    told.execute("DELETE FROM t WHERE id = 1")
    assert rows(told, "SELECT * FROM told") == [
        ("AFTER INSERT (1,a)",),
        ("AFTER INSERT (2,b)",),
        ("AFTER UPDATE (2,b) (2,c)",),
        ("AFTER DELETE (1,a)",),
    ]
    assert said(told) == [
        "insert | label |  | id label | 2",
        "update | label | id | id label | 1",
        "delete |  | id |  | 1",
    ]


def test_triggers_before_rows_change_them(told: psycopg.Connection) -> None:
    table(told, "t", "id int, label text, stamp text", key="id", serial="id")
    told.execute("CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON t "
                 "FOR EACH ROW EXECUTE FUNCTION stamp()")  # fmt: skip
    assert told.execute("INSERT INTO t (label) VALUES ('a'), ('nothing'), (NULL)").rowcount == 2
    assert told.execute("UPDATE t SET label = 'nothing'").rowcount == 0
    assert rows(told, "UPDATE t SET stamp = 'x' RETURNING *") == [
        (1, "a", "stamped"), (2, None, "stamped"),
    ]  # fmt: skip
    told.execute("UPDATE t SET stamp = NULL WHERE id = 1")
    told.execute("ALTER FOREIGN TABLE t DISABLE TRIGGER stamp")
    told.execute("UPDATE t SET stamp = 'y' WHERE id = 2")
    told.execute("ALTER FOREIGN TABLE t ENABLE TRIGGER stamp")
    told.execute("UPDATE t SET label = 'b' WHERE id = 2")
    told.execute("UPDATE t SET label = 'b' WHERE id = 2")
    assert said(told) == [
        "insert | label stamp |  |  | 1",
        "insert | label stamp |  |  | 1",
        "update | stamp | id | id label stamp | 1",
        "update | stamp | id | id label stamp | 1",
        "update | stamp | id |  | 1",
        "update | stamp | id |  | 1",
        "update | label stamp | id |  | 1",
        "update | label | id |  | 1",
    ]


def test_triggers_before_and_after_removed_rows(told: psycopg.Connection) -> None:
    table(told, "t", "id int, label text", key="id")
    told.execute("CREATE TRIGGER tell BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION tell()")
    told.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    assert rows(told, "DELETE FROM t WHERE id = 1 RETURNING label") == [("a",)]
    assert rows(told, "SELECT * FROM told") == [("BEFORE DELETE (1,a)",)]


def test_triggers_of_statements_see_all_rows(told: psycopg.Connection) -> None:
    table(told, "t", "id int, label text", key="id")
    told.execute(COUNT)
    for when in ("BEFORE", "AFTER"):
        told.execute(f"CREATE TRIGGER {when} {when} INSERT OR DELETE ON t "
                     "EXECUTE FUNCTION tell_count()")  # fmt: skip
    told.execute("INSERT INTO t SELECT i FROM generate_series(1, 150) AS i")
    told.execute("DELETE FROM t")
    assert rows(told, "SELECT * FROM told") == [
        ("BEFORE 0",), ("AFTER 150",), ("BEFORE 150",), ("AFTER 0",),
    ]  # fmt: skip


def test_a_trigger_that_fails_ends_the_statement(told: psycopg.Connection) -> None:
    table(told, "t", "id int, label text", key="id")
    told.execute("CREATE TRIGGER tell AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tell()")
    told.execute("ALTER TABLE told ADD CHECK (said NOT LIKE '%bad%')")
    for _ in range(3):
        with pytest.raises(psycopg.errors.CheckViolation):
            told.execute("INSERT INTO t VALUES (1, 'good'), (2, 'bad')")
    assert rows(told, "SELECT * FROM told") == []


def test_triggers_of_a_partitioned_table_see_rows_of_foreign_partitions(
    told: psycopg.Connection,
) -> None:
    told.execute("CREATE TABLE p (town text, id int) PARTITION BY LIST (town)")
    partition(told, "far", "p FOR VALUES IN ('far')", key="id", serial="id")
    told.execute("CREATE TRIGGER tell AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION tell()")
    told.execute("INSERT INTO p (town) VALUES ('far'), ('far')")
    assert rows(told, "SELECT * FROM told") == [
        ("AFTER INSERT (far,1)",), ("AFTER INSERT (far,2)",),
    ]  # fmt: skip


def test_views_check_what_was_written(store: psycopg.Connection) -> None:
    table(store, "t", "id int, label text", key="id", serial="id")
    store.execute("CREATE VIEW small AS SELECT id, label AS name FROM t WHERE id < 4 "
                  "WITH CHECK OPTION")  # fmt: skip
    assert store.execute("INSERT INTO small (name) VALUES ('a'), ('b'), ('c')").rowcount == 3
    with pytest.raises(psycopg.errors.WithCheckOptionViolation):
        store.execute("INSERT INTO small (name) VALUES ('d')")
    with pytest.raises(psycopg.errors.WithCheckOptionViolation):
        store.execute("UPDATE small SET id = 5 WHERE name = 'a'")
    assert rows(store, "UPDATE small SET name = 'x' WHERE id = 2 RETURNING *") == [(2, "x")]
    assert rows(store, "DELETE FROM small WHERE id = 2 RETURNING name") == [("x",)]
    assert said(store) == [
        "insert | label |  | id | 3",
        "insert | label |  | id | 1",
        "update | id | id | id | 1",
        "update | label | id | id label | 1",
        "delete |  | id | label | 1",
    ]


def test_views_have_defaults_of_their_own(store: psycopg.Connection) -> None:
    store.execute("CREATE DOMAIN town AS text")
    columns = "part int, label text, id int, town town"
    store.execute(f"CREATE TABLE p ({columns}) PARTITION BY LIST (part)")
    table(store, "far", "town town, id int, label text, part int", serial="id")
    store.execute("ALTER TABLE p ATTACH PARTITION far DEFAULT")
    store.execute("CREATE VIEW v AS TABLE far; CREATE VIEW w AS TABLE p; CREATE VIEW x AS TABLE v")
    for name in ("v", "w"):
        store.execute(f"ALTER VIEW {name} ALTER label SET DEFAULT 'of {name}'")
        for values in ("(part) VALUES (1)", "(part, label) VALUES (2, NULL), (3, 'a')",
                       "(part) VALUES (4), (5)"):  # fmt: skip
            store.execute(f"INSERT INTO {name} {values}")
    store.execute("INSERT INTO x (part) VALUES (6)")
    assert rows(store, "SELECT id, part, label FROM far") == [
        (1, 1, "of v"), (2, 2, None), (3, 3, "a"), (4, 4, "of v"), (5, 5, "of v"),
        (6, 1, "of w"), (7, 2, None), (8, 3, "a"), (9, 4, "of w"), (10, 5, "of w"),
        (11, 6, "of v"),
    ]  # fmt: skip
    assert set(said(store)) == {f"insert | label part |  |  | {count}" for count in (1, 2)}
