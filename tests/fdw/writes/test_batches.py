"""Many rows at once: batches, COPY, partitions and children that are foreign tables."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from tests.fdw.writes.tables import options, partition, rows, said, table

ROWS = "SELECT i, 'row ' || i FROM generate_series(1, {}) AS i"


def counts(connection: psycopg.Connection) -> list[int]:
    """Give how many rows each call had."""
    return [int(each.rpartition(" ")[2]) for each in said(connection)]


def copied(connection: psycopg.Connection, name: str, lines: list[tuple[object, ...]]) -> None:
    copy = sql.SQL("COPY {} FROM STDIN").format(sql.SQL(name))
    with connection.cursor() as cursor, cursor.copy(copy) as data:
        for line in lines:
            data.write_row(line)


def test_rows_are_inserted_in_batches_of_the_size_that_the_class_says(
    store: psycopg.Connection,
) -> None:
    table(store, "t", "id int, label text", batch="30")
    assert store.execute("INSERT INTO t " + ROWS.format(100)).rowcount == 100
    assert counts(store) == [30, 30, 30, 10]
    store.execute("ALTER FOREIGN TABLE t OPTIONS (SET batch '1')")
    store.execute("INSERT INTO t " + ROWS.format(3))
    assert counts(store) == [1, 1, 1]
    store.execute("ALTER FOREIGN TABLE t OPTIONS (SET batch '0')")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=r"Store.batch_size gave 0"):
        store.execute("INSERT INTO t VALUES (1)")


def test_a_batch_is_inserted_from_the_table_itself(store: psycopg.Connection) -> None:
    table(store, "t", "id int, label text")
    store.execute("INSERT INTO t " + ROWS.format(150))
    assert store.execute("INSERT INTO t SELECT id + 1000, label FROM t").rowcount == 150
    assert rows(store, "SELECT count(*), count(DISTINCT id) FROM t") == [(300, 300)]


def test_rows_that_are_left_out_of_a_batch_are_not_counted(store: psycopg.Connection) -> None:
    table(store, "t", "id int, label text", unique="id")
    statement = "INSERT INTO t SELECT i % 7, '' FROM generate_series(1, 50) AS i"
    assert store.execute(statement + " ON CONFLICT DO NOTHING").rowcount == 7


def test_an_error_in_a_late_batch_is_one_of_the_statement(store: psycopg.Connection) -> None:
    table(store, "t", "id int, label text", unique="id", batch="10")
    with pytest.raises(psycopg.errors.UniqueViolation, match='writing to foreign table "t"'):
        store.execute("INSERT INTO t SELECT i % 19, '' FROM generate_series(1, 20) AS i")
    assert counts(store) == [10, 10]
    assert rows(store, "SELECT * FROM t") == []


def test_copy_inserts_rows(store: psycopg.Connection) -> None:
    table(store, "t", "id int, label text, other text", default="other", serial="id")
    copied(store, "t (label)", [(f"row {i}",) for i in range(10_000)])
    calls = said(store)
    sizes = [int(each.rpartition(" ")[2]) for each in calls]
    assert {each.rpartition(" ")[0] for each in calls} == {"insert | label |  |  |"}
    assert sum(sizes) == 10_000
    assert max(sizes) == (1 if store.info.server_version < 160000 else 100)
    assert rows(store, "SELECT count(*), sum(id), min(other), max(label) FROM t") == [
        (10_000, 50_005_000, "the source's", "row 9999")
    ]
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        copied(store, "t (id)", [(1,), ("x",)])


@pytest.fixture
def parted(store: psycopg.Connection) -> psycopg.Connection:
    """A partitioned table: one local and two foreign partitions, of which one is ordered anew."""
    store.execute(
        "CREATE TABLE p (town text, id int DEFAULT 5, label text) PARTITION BY LIST (town)"
    )
    store.execute("CREATE TABLE local PARTITION OF p FOR VALUES IN ('local')")
    partition(store, "far", "p FOR VALUES IN ('far')", key="id", batch="10", default="label")
    table(store, "other", "label text, number serial, id int, town text", key="id")
    store.execute("ALTER TABLE other DROP COLUMN number")
    store.execute("ALTER TABLE p ATTACH PARTITION other FOR VALUES IN ('other')")
    return store


def test_rows_are_brought_to_their_partition(parted: psycopg.Connection) -> None:
    statement = (
        "INSERT INTO p (id, town) "
        "SELECT i, (ARRAY['local', 'far', 'other'])[1 + i % 3] FROM generate_series(1, 60) AS i"
    )
    assert parted.execute(statement).rowcount == 60
    assert sorted(said(parted)) == [
        "insert | id town |  |  | 20",
        "insert | town id |  |  | 10",
        "insert | town id |  |  | 10",
    ]
    expected = [("far", 20, "the source's"), ("local", 20, None), ("other", 20, None)]
    counted = "SELECT town, count(*), min(label) FROM p GROUP BY town ORDER BY town"
    assert rows(parted, counted) == expected
    assert rows(parted, "SELECT min(id), max(id) FROM other") == [(2, 59)]


def test_defaults_are_those_of_the_table_that_was_named(parted: psycopg.Connection) -> None:
    parted.execute("ALTER FOREIGN TABLE far ALTER COLUMN label SET DEFAULT 'of the partition'")
    parted.execute("INSERT INTO p (town) VALUES ('far'), ('other')")
    parted.execute("INSERT INTO far (town) VALUES ('far')")
    assert said(parted) == [
        "insert | town id |  |  | 1",
        "insert | id town |  |  | 1",
        "insert | town id label |  |  | 1",
    ]
    assert rows(parted, "SELECT label FROM far") == [("the source's",), ("of the partition",)]


def test_rows_of_partitions_are_returned(parted: psycopg.Connection) -> None:
    statement = "INSERT INTO p (town, label) VALUES ('far', 'a'), ('local', 'b'), ('other', 'c')"
    assert rows(parted, statement + " RETURNING tableoid::regclass::text, id, label") == [
        ("far", 5, "a"), ("local", 5, "b"), ("other", 5, "c"),
    ]  # fmt: skip
    assert rows(parted, "UPDATE p SET label = label || '!' RETURNING label") == [
        ("a!",), ("b!",), ("c!",),
    ]  # fmt: skip
    assert rows(parted, "DELETE FROM p WHERE label <> 'b!' RETURNING town") == [
        ("far",),
        ("other",),
    ]


def test_copy_brings_rows_to_their_partition(parted: psycopg.Connection) -> None:
    lines = [(town, i) for i in range(500) for town in ("far", "local", "other")]
    copied(parted, "p (town, id)", lines)
    counted = "SELECT tableoid::regclass::text, count(*), sum(id) FROM p GROUP BY 1 ORDER BY 1"
    assert rows(parted, counted) == [
        ("far", 500, 124750), ("local", 500, 124750), ("other", 500, 124750),
    ]  # fmt: skip
    assert {each.rpartition(" ")[0] for each in said(parted)} == {
        "insert | town id |  |  |", "insert | id town |  |  |",
    }  # fmt: skip


def test_an_update_moves_rows_into_a_partition(parted: psycopg.Connection) -> None:
    parted.execute("INSERT INTO local (town, id, label) SELECT 'local', i, NULL "
                   "FROM generate_series(1, 25) AS i")  # fmt: skip
    moved = "UPDATE p SET town = 'far' WHERE id > 3 AND town = 'local'"
    assert parted.execute(moved).rowcount == 22
    sizes = (1,) * 22 if parted.info.server_version < 160000 else (10, 10, 2)
    assert said(parted) == [f"insert | town id label |  |  | {size}" for size in sizes]
    moved = "UPDATE p SET town = 'other' WHERE id = 1 AND town = 'local' RETURNING p"
    assert rows(parted, moved) == [("(other,1,)",)]
    with pytest.raises(psycopg.errors.FeatureNotSupported, match='into foreign table "far"'):
        parted.execute("UPDATE p SET town = 'far' WHERE town <> 'other'")
    assert rows(parted, "SELECT town, count(*) FROM p GROUP BY town ORDER BY town") == [
        ("far", 22), ("local", 2), ("other", 1),
    ]  # fmt: skip


def test_conflicts_of_partitions_are_ignored_by_classes_that_can(
    parted: psycopg.Connection,
) -> None:
    parted.execute("ALTER FOREIGN TABLE far OPTIONS (ADD unique 'id')")
    statement = "INSERT INTO p (town, id) VALUES ('far', 1), ('far', 1) ON CONFLICT DO NOTHING"
    assert parted.execute(statement).rowcount == 1


def test_merge_into_foreign_partitions_is_refused(parted: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error) as error:
        parted.execute(
            "MERGE INTO p USING (VALUES (1)) AS v (id) ON p.id = v.id "
            "WHEN MATCHED THEN UPDATE SET label = 'x' WHEN NOT MATCHED THEN INSERT VALUES ('far')"
        )
    assert error.value.sqlstate in {"0A000", "XX000", "42809"}
    assert parted.execute("SELECT 1").fetchone() == (1,)
    assert said(parted) == []


def test_children_are_changed_with_their_parent(store: psycopg.Connection) -> None:
    store.execute("CREATE TABLE parent (id int, label text)")
    store.execute("CREATE TABLE child (town text) INHERITS (parent)")
    store.execute(
        sql.SQL("CREATE FOREIGN TABLE one () INHERITS (parent) SERVER store {}").format(
            options("one", key="id")
        )
    )
    store.execute(
        sql.SQL("CREATE FOREIGN TABLE two (town text) INHERITS (child) SERVER store {}").format(
            options("two", key="town id")
        )
    )
    for name in ("parent", "child", "one", "two"):
        store.execute(
            sql.SQL("INSERT INTO {} VALUES (1, 'a'), (2, 'b')").format(sql.Identifier(name))
        )
    said(store)
    changed = "UPDATE parent SET label = 'c' WHERE id = 2 RETURNING tableoid::regclass::text, *"
    assert sorted(rows(store, changed)) == [
        ("child", 2, "c"), ("one", 2, "c"), ("parent", 2, "c"), ("two", 2, "c"),
    ]  # fmt: skip
    assert store.execute("DELETE FROM parent WHERE id = 1").rowcount == 4
    assert sorted(set(said(store))) == [
        "delete |  | id |  | 1",
        "delete |  | town id |  | 1",
        "update | label | id | id label | 1",
        "update | label | town id | id label | 1",
    ]
