"""What a statement does with joined tables, and of which members."""

from __future__ import annotations

from typing import Any

import pytest
from tests.query.hub import JOINED, ORDERS, USERS

from exclave.query import JoinedName, Reading, reading


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", Reading()),
        ("SELECT 'users' FROM orders", Reading()),
        ("SELECT 1 FROM fed.users, fed.orders, fed.users", Reading((USERS, ORDERS), members=None)),
        ("INSERT INTO fed.users VALUES ('m1')", Reading(writes=(USERS,))),
        (
            "INSERT INTO fed.users TABLE fed.orders ON CONFLICT DO NOTHING",
            Reading((ORDERS,), (USERS,), upserts=(USERS,), members=None),
        ),
        (
            "INSERT INTO local.users TABLE fed.users ON CONFLICT DO NOTHING",
            Reading((USERS,), members=None),
        ),
        ("UPDATE fed.users SET id = 1", Reading(writes=(USERS,), members=None)),
        (
            "UPDATE fed.users u SET id = 1 WHERE u.member = 'm1'",
            Reading(writes=(USERS,), members=frozenset({"m1"})),
        ),
        (
            "DELETE FROM fed.users USING fed.orders WHERE users.member = 'm1' AND orders.member "
            "= fed.users.member",
            Reading((ORDERS,), (USERS,), members=frozenset({"m1"})),
        ),
        (
            "MERGE INTO fed.users USING fed.orders ON true WHEN MATCHED THEN DELETE",
            Reading((ORDERS,), (USERS,), members=None),
        ),
        ("COPY fed.users FROM STDIN", Reading(writes=(USERS,))),
        ("SELECT * FROM fed.users FOR UPDATE", Reading((USERS,), locks=(USERS,), members=None)),
        (
            "SELECT * FROM fed.users, (fed.orders o CROSS JOIN x) FOR NO KEY UPDATE OF o",
            Reading((USERS, ORDERS), locks=(ORDERS,), members=None),
        ),
        (
            "SELECT * FROM (SELECT * FROM fed.users, (SELECT FROM fed.orders) z) y FOR KEY SHARE",
            Reading((USERS, ORDERS), locks=(USERS, ORDERS), members=None),
        ),
        ("DROP TABLE x; GRANT SELECT ON fed.users TO y", Reading(others=(USERS,))),
        ("PREPARE p AS TABLE fed.users", Reading(others=(USERS,))),
        (
            "CREATE VIEW v AS WITH fed AS (DELETE FROM fed.orders) SELECT FROM fed.users",
            Reading(others=(ORDERS, USERS)),
        ),
        (
            "WITH a AS (DELETE FROM fed.orders WHERE member = 'm1' RETURNING *) SELECT * FROM a",
            Reading(writes=(ORDERS,), members=frozenset({"m1"})),
        ),
    ],
)  # fmt: skip
def test_a_statement_does_with_joined_tables_what_it_says(sql: str, expected: Reading) -> None:
    assert reading(sql, JOINED) == expected


@pytest.mark.parametrize(
    ("condition", "members"),
    [
        ("u.member = 'm1'", {"m1"}),
        ("'m1' = u.member", {"m1"}),
        ("u.member = 'm1'::text AND age > 3", {"m1"}),
        ("u.member = CAST('m1' AS varchar)", {"m1"}),
        ("u.member::text IN ('m1', 'm2')", {"m1", "m2"}),
        ("u.member = ANY (ARRAY['m1', 'm3'])", {"m1", "m3"}),
        ("u.member = ANY (ARRAY['m1', 'm3']::text[])", {"m1", "m3"}),
        ("member = 'm1'", {"m1"}),
        ("(u.member = 'm1' OR u.member IN ('m2', 'm3'))", {"m1", "m2", "m3"}),
        ("(u.member = 'm1' AND id = 1 OR u.member = 'm2' AND id = 2)", {"m1", "m2"}),
        ("u.member IN ('m1', 'm2') AND u.member IN ('m2', 'm3')", {"m2"}),
        ("u.member = 'm1' AND (u.member = 'm2' AND true)", set[str]()),
        ("u.member = 'no''body'", {"no'body"}),
        ("(u.member = 'm1' OR id = 1)", None),
        ("NOT u.member = 'm1'", None),
        ("u.member <> 'm1'", None),
        ("u.member NOT IN ('m1')", None),
        ("u.member = lower('M1')", None),
        ("u.member = 'm1x'::char(2)", None),
        ("u.member = 'm1x'::varchar(2)", None),
        ("u.member IN ('m1', name)", None),
        ("u.member = ALL (ARRAY['m1'])", None),
        ("u.member LIKE 'm1'", None),
        ("u.name = 'm1'", None),
        ("x.member = 'm1'", None),
        ("(SELECT u.member = 'm1')", None),
        ("(u.member = 'm1') IS NOT FALSE", None),
    ],
)
def test_members_that_a_condition_names_are_found(condition: str, members: set[str] | None) -> None:
    found = reading(f"SELECT * FROM fed.users u WHERE {condition}", JOINED)  # noqa: S608
    assert found.members == (None if members is None else frozenset(members))


@pytest.mark.parametrize(
    ("sql", "members"),
    [
        ("fed.users WHERE fed.users.member = 'm1'", {"m1"}),
        ("fed.users, fed.orders WHERE users.member = 'm1' AND orders.member = 'm2'", {"m1", "m2"}),
        ("fed.users, fed.orders WHERE users.member = 'm1'", None),
        ("fed.users u JOIN fed.orders o ON u.member = o.member WHERE u.member = 'm1'", {"m1"}),
        ("fed.users u JOIN fed.orders o ON u.member = o.member AND o.member = 'm1'", {"m1"}),
        ("fed.users u JOIN fed.orders o USING (member) WHERE member = 'm1'", {"m1"}),
        ("fed.users u JOIN fed.orders o USING (member) WHERE u.member IN ('m1')", {"m1"}),
        ("fed.users u JOIN fed.orders o ON u.member = o.member WHERE u.member IN ('m1', 'm2')",
         None),
        ("fed.users u FULL JOIN fed.orders o USING (member) WHERE member = 'm1'", {"m1"}),
        ("fed.users u LEFT JOIN fed.orders o USING (member, id) WHERE u.member = 'm1'", {"m1"}),
        ("fed.users u LEFT JOIN fed.orders o ON u.member = o.member WHERE u.member = 'm1'", {"m1"}),
        ("fed.users u LEFT JOIN fed.orders o ON u.member = o.member WHERE o.member = 'm1'", {"m1"}),
        ("fed.users u LEFT JOIN fed.orders o ON u.member = o.member AND o.member = 'm1'", None),
        ("fed.users u LEFT JOIN fed.orders o ON u.member = o.member AND u.member = 'm1'", None),
        ("local.x LEFT JOIN fed.orders o ON o.member = 'm1'", {"m1"}),
        ("fed.orders o RIGHT JOIN local.x ON o.member IN ('m1', 'm2')", {"m1", "m2"}),
        ("fed.orders o FULL JOIN local.x ON o.member = 'm1'", None),
        ("local.x x JOIN fed.users u ON u.member = x.code WHERE x.code IN ('m3')", {"m3"}),
        ("local.x x, fed.users u, fed.orders o WHERE x.c = u.member AND o.member = x.c "
         "AND o.member = 'm1'", {"m1"}),
        ("(SELECT * FROM fed.users) u WHERE u.member = 'm1'", None),
        ("(SELECT * FROM fed.users WHERE member = 'm1') u", {"m1"}),
        ("(fed.users u CROSS JOIN x) AS j WHERE j.member = 'm1'", None),
        ("fed.users u (company) WHERE u.member = 'm1'", None),
        ("fed.users u WHERE u.member = 'm1' AND EXISTS (SELECT 1 FROM fed.orders)", None),
        ("fed.users u WHERE u.member = 'm1' AND EXISTS (SELECT 1 FROM fed.orders WHERE member = "
         "'m2')", {"m1", "m2"}),
        ("fed.users u WHERE member = 'm1' UNION ALL SELECT 1 FROM fed.users", None),
        ("fed.users u WHERE member = 'm1' UNION ALL SELECT 1 FROM fed.users WHERE member = 'm2'",
         {"m1", "m2"}),
    ],
)  # fmt: skip
def test_members_are_followed_along_joins_of_one_query(sql: str, members: set[str] | None) -> None:
    found = reading(f"SELECT 1 FROM {sql}", JOINED)  # noqa: S608
    assert found.members == (None if members is None else frozenset(members))


@pytest.mark.parametrize(
    ("sql", "parameters", "members"),
    [
        ("member = %s", ["m1"], {"m1"}),
        ("age = %s AND member = %s::text", (3, "m1"), {"m1"}),
        ("member IN (%s, %s)", ["m1", "m2"], {"m1", "m2"}),
        ("member IN %s", [("m1", "m2")], {"m1", "m2"}),
        ("member = ANY(%s)", [["m1", "m2"]], {"m1", "m2"}),
        ("member = ANY(%s::text[])", [["m1"]], {"m1"}),
        ("member = %(m)s::VARCHAR AND name <> %(m)s AND id = %(n)s", {"m": "m1"}, {"m1"}),
        ("member = %s", None, None),
        ("member = %s", [3], None),
        ("member = %s", [], None),
        ("member = %(m)s", {}, None),
        ("member = %s AND member IN ('m1', 'm3')", None, {"m1", "m3"}),
        ("name LIKE '%%s' AND member = %s", ["m2"], {"m2"}),
    ],
)
def test_members_may_be_parameters(sql: str, parameters: Any, members: set[str] | None) -> None:
    statement = f"SELECT 1 FROM fed.users WHERE {sql}"  # noqa: S608
    found = reading(statement, JOINED, parameters=parameters)
    assert found.members == (None if members is None else frozenset(members))


def test_members_may_be_numbered_parameters() -> None:
    sql = "SELECT 1 FROM fed.users WHERE id = $2 AND member = $1::VARCHAR"
    assert reading(sql, JOINED, style="native", parameters=["m1", 2]).members == {"m1"}
    assert reading(sql, JOINED, style="native").members is None


def test_the_member_column_is_that_of_the_table() -> None:
    companies = JoinedName("fed", "users", member_column="company")
    sql = "SELECT 1 FROM fed.users WHERE company = 'nl' AND member = 'm1'"
    assert reading(sql, [companies]).members == {"nl"}


def test_names_without_a_schema_are_read_by_the_search_path() -> None:
    sql = "WITH orders AS (TABLE orders) SELECT * FROM orders, users"
    assert reading(sql, JOINED).reads == ()
    assert reading(sql, JOINED, search_path=["public", "fed"]).reads == (ORDERS, USERS)
    archive = JoinedName("old", "users")
    found = reading(sql, [*JOINED, archive], search_path=["old", "fed"])
    assert found.reads == (ORDERS, archive)
