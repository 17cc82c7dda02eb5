"""The law of writes: statements do to a foreign table what they do to one of the database."""

from __future__ import annotations

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql
from tests.fdw.writes.tables import table

CONDITIONS = st.sampled_from(
    ["true", "n > 3", "label IS NULL", "label < 'k'", "id % 3 = 0", "n = (SELECT max(n) FROM {t})"]
)
VALUES = st.sampled_from(
    ["n = n + 1", "label = upper(label)", "label = NULL", "n = 7, label = 'x' || n", "id = -id",
     "(n, label) = (SELECT count(*)::int, max(label) FROM {t})"]
)  # fmt: skip
# keys remain unique, whatever their sign
SELECT = (
    "INSERT INTO {t} (label, n, id) SELECT label, n, "
    "(SELECT max(abs(id)) FROM {t}) + row_number() OVER (ORDER BY id) FROM {t} WHERE n < 9"
)
UPDATE = "UPDATE {t} SET VALUES WHERE "
DELETE = "DELETE FROM {t} WHERE "
RETURNING = st.sampled_from(["", " RETURNING id", " RETURNING *", " RETURNING n, {t}"])
ROWS = st.lists(
    st.tuples(st.none() | st.text("abkz'é\\", max_size=3), st.none() | st.integers(-9, 9)),
    min_size=1,
    max_size=12,
)


@st.composite
def statements(draw: st.DrawFn) -> tuple[str, list[tuple[object, object]] | None]:
    """Make a statement about ``{t}``, and the rows that it inserts."""
    returning = draw(RETURNING)
    kind = draw(st.sampled_from(["insert", "select", "update", "join", "delete", "using"]))
    where = draw(CONDITIONS)
    if kind == "insert":
        return "insert" + returning, draw(ROWS)
    made = {
        "select": SELECT,
        "update": UPDATE.replace("VALUES", draw(VALUES)) + where,
        "join": "UPDATE {t} SET label = o.tag FROM others AS o WHERE o.number = {t}.n",
        "delete": DELETE + where,
        "using": "DELETE FROM {t} USING others AS o WHERE o.tag = {t}.label",
    }[kind]
    return made + returning, None


@given(st.lists(statements(), min_size=1, max_size=8))
@settings(max_examples=25)
def check(
    connection: psycopg.Connection, script: list[tuple[str, list[tuple[object, object]] | None]]
) -> None:
    connection.execute("TRUNCATE far, near")
    number = 0
    for statement, rows in script:
        answers: list[object] = []
        for name in ("near", "far"):
            made = statement
            if rows is not None:
                lines = sql.SQL(", ").join(
                    sql.SQL("({}, {}, {})").format(number + place, *row)
                    for place, row in enumerate(rows)
                )
                made = sql.SQL("INSERT INTO {{t}} (id, label, n) VALUES {}").format(lines)
                made = made.as_string(connection) + statement.removeprefix("insert")
            done = connection.execute(made.replace("{t}", name))
            answers.append(sorted(map(repr, done)) if done.description else done.rowcount)
        assert answers[0] == answers[1], statement
        number += 1000
        found = [sorted(map(repr, connection.execute(f"TABLE {name}"))) for name in ("near", "far")]
        assert found[0] == found[1], statement


def test_statements_do_the_same_as_to_a_table(store: psycopg.Connection) -> None:
    columns = "id int, label text, n int"
    table(store, "far", columns, key="id", batch="5")
    store.execute(f"CREATE TABLE near ({columns})")
    store.execute("CREATE TABLE others (tag text, number int)")
    store.execute("INSERT INTO others VALUES ('a', 1), ('k', 7), (NULL, NULL)")
    check(store)
