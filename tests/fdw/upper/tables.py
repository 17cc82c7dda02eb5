"""Rows that foreign and local tables have, and what queries of both give."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import psycopg
from psycopg import sql

COLUMNS = """
    id bigint, kind text COLLATE "C", note text COLLATE language, amount numeric(10, 2),
    price float8, flag bool, day date, small smallint, number int, label varchar(20) COLLATE "C",
    code char(3) COLLATE "C", mood mood, positive positive
"""
D = Decimal
ROWS = [
    (1, "a", "Äpfel", D("1.10"), 0.5, True, date(2024, 1, 1), 1, 10, "x", "u", "sad", 3),
    (2, "b", "apple", D("2.20"), 1.5, False, date(2024, 1, 2), 2, 20, "y", "u  ", "ok", 4),
    (3, "a", "zebra", None, None, None, None, None, None, None, None, None, None),
    (4, "c", "Zoo", D("-3.30"), float("nan"), True, date(1999, 12, 31), -5, 7, "z", "v", "ok", 3),
    (5, None, "apple", D("2.20"), 1.5, True, date(2024, 1, 2), 2, 21, "y", "w", "happy", 5),
    (6, "b", None, D("1.00"), -2.0, False, date(2024, 1, 2), 1, 10, "é", "u", "sad", 3),
    (7, "a", "apple", D("5.00"), float("nan"), None, None, 3, 10, "x", "v", "ok", 4),
    (2**62, "b", "Äpfel", D("2.20"), 0.5, True, date(2024, 1, 1), 1, 10, "x", "u", "sad", 3),
    (2**62 + 1, "B", "ä", D("7.77"), 0.25, False, date(2024, 1, 3), 1, 11, "x", "u", "sad", 3),
]


def executed(connection: psycopg.Connection, statement: str) -> None:
    connection.execute(sql.SQL(statement))


def literal(rows: list[tuple[object, ...]]) -> str:
    return repr(rows).replace("Decimal(", "D(").replace("'", "''")


def declared(name: str, server: str, rows: list[tuple[object, ...]], more: str = "") -> str:
    return (
        f"CREATE FOREIGN TABLE {name} ({COLUMNS}) SERVER {server} "
        f"OPTIONS (rows '{literal(rows)}'{more})"
    )


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    """Give the rows of a query, as texts, so that NaN equals NaN and 1.0 is not 1.00."""
    cursor = connection.execute(sql.SQL(query))
    return [tuple(map(repr, row)) for row in cursor]


def shown(connection: psycopg.Connection, query: str, options: str = "COSTS OFF") -> str:
    """Give what EXPLAIN says."""
    cursor = connection.execute(sql.SQL(f"EXPLAIN ({options}) {query}"))
    return "\n".join(str(row[0]) for row in cursor)


def nodes(plan: str) -> list[str]:
    """Give the nodes of a plan without costs."""
    lines = [line.strip().removeprefix("->").strip() for line in plan.splitlines()]
    lines = [line.removeprefix("Partial ").removeprefix("Finalize ") for line in lines]
    kinds = ("Foreign Scan", "Aggregate", "HashAggregate", "GroupAggregate", "Group", "Sort",
             "Incremental Sort", "Limit", "Unique", "LockRows", "ProjectSet", "Result", "WindowAgg",
             "MixedAggregate")  # fmt: skip
    return [line.split(" on ")[0] for line in lines if line.split(" on ")[0] in kinds]


PUSHED = [
    # what is asked, and what EXPLAIN shows of it
    ("SELECT count(*) FROM f", "Aggregates: count(*)"),
    ("SELECT count(1), count(DISTINCT kind), count(mood) FROM f", "count(DISTINCT kind)"),
    ("SELECT sum(small), sum(number), sum(id), sum(amount) FROM f", "sum(id), sum(amount)"),
    ("SELECT avg(small), avg(number), avg(id), avg(amount) FROM f", "sum(id), count(id)"),
    ("SELECT avg(DISTINCT number), sum(DISTINCT number) FROM f", "count(DISTINCT number)"),
    ("SELECT sum(price), avg(price) FROM f", "sum(price), count(price)"),
    ("SELECT min(price), max(price), min(day), max(day), min(amount) FROM f", "max(day)"),
    ("SELECT min(kind), max(kind), min(label), max(label) FROM f", "max(label)"),
    ("SELECT min(note COLLATE \"C\") FROM f", "min(note)"),
    ("SELECT bool_and(flag), bool_or(flag), every(flag) FROM f", "bool_and(flag), bool_or(flag)"),
    ("SELECT sum(positive), count(positive), avg(positive) FROM f", "sum(positive)"),
    ("SELECT count(*) FROM f HAVING count(*) > 100", "Filter"),
    ("SELECT count(*) + 1, sum(number) / count(*) FROM f", "count(*), sum(number)"),
    ("SELECT count(*), avg(amount), min(kind), bool_or(flag) FROM nothing", "Aggregates"),
    ("SELECT kind, count(*) FROM f GROUP BY kind", "Group Key: kind"),
    ("SELECT kind, count(*) FROM nothing GROUP BY kind", "Group Key: kind"),
    ("SELECT kind FROM f GROUP BY kind", "Group Key: kind"),
    ("SELECT count(*) FROM f GROUP BY kind, flag", "Group Key: kind, flag"),
    ("SELECT note, max(id) FROM f GROUP BY note", "Group Key: note"),
    ("SELECT price, count(*), avg(amount) FROM f GROUP BY price", "Group Key: price"),
    ("SELECT positive, amount, day FROM f GROUP BY 1, 2, 3", "Group Key: positive, amount, day"),
    ("SELECT label, label || kind FROM f GROUP BY label, kind", "Group Key: label, kind"),
    ("SELECT upper(kind), avg(id) FROM f GROUP BY kind HAVING avg(id) > 3", "Filter"),
    ("SELECT kind FROM f GROUP BY kind HAVING max(id) > (SELECT min(id) FROM l)", "Filter"),
    ("SELECT kind, sum(id) FROM f GROUP BY kind ORDER BY kind", "Sort Key: kind"),
    ("SELECT kind, sum(id) FROM f GROUP BY kind ORDER BY 2 DESC, 1", "sum(id) DESC, kind"),
    ("SELECT kind, sum(id) FROM f GROUP BY 1 HAVING sum(id) > 5 ORDER BY kind DESC", "kind DESC"),
    ("SELECT kind, avg(id) FROM f GROUP BY kind ORDER BY 1 NULLS FIRST", "NULLS FIRST"),
    ("SELECT kind, sum(id) FROM f GROUP BY kind ORDER BY kind LIMIT 2", "Limit: 2"),
    ("SELECT kind FROM f GROUP BY kind ORDER BY min(day) DESC, kind LIMIT 2", "min(day) DESC"),
    ("SELECT DISTINCT kind, flag FROM f", "Group Key: kind, flag"),
    ("SELECT DISTINCT price FROM f ORDER BY price DESC", "Sort Key: price DESC"),
    ("SELECT DISTINCT kind FROM f ORDER BY kind LIMIT 2", "Limit: 2"),
    ("SELECT * FROM f LIMIT 3", "Limit: 3"),
    ("SELECT id + 1, kind || 'x' FROM f LIMIT 3", "Limit: 3"),
    ("SELECT 1 FROM f LIMIT 2", "Limit: 2"),
    ("SELECT id FROM f ORDER BY id LIMIT 3", "Sort Key: id"),
    ("SELECT kind, id FROM f ORDER BY kind DESC NULLS LAST, id LIMIT 5", "DESC NULLS LAST, id"),
    ("SELECT price, id FROM f ORDER BY price DESC, day, id LIMIT 8", "price DESC, day, id"),
    ("SELECT id FROM f ORDER BY flag, label NULLS FIRST, positive, id LIMIT 9", "label NULLS"),
    ("SELECT id FROM f ORDER BY note COLLATE \"C\", id LIMIT 4", "Sort Key: note"),
    ("SELECT id, upper(kind) FROM f ORDER BY id FETCH FIRST 2 ROWS ONLY", "Limit: 2"),
    ("SELECT count(*), avg(amount) FROM f WHERE kind = 'a'", "Aggregates: count(*)"),
    ("SELECT id, (SELECT sum(y.id) FROM l y WHERE y.id < x.id) FROM f x ORDER BY 1 LIMIT 3", ""),
    ("SELECT (SELECT sum(y.id) FROM l y WHERE y.kind < x.kind) FROM f x GROUP BY kind", ""),
    ("SELECT count(*), (SELECT sum(y.id) FROM l y) FROM f HAVING count(*) > 3", ""),
    ("SELECT count(*) FROM f WHERE kind = 'nobody' OR amount > 1e40", "Aggregates: count(*)"),
    ("SELECT kind, count(*) FROM f WHERE id IN (1, 2, 6) GROUP BY kind", "Group Key: kind"),
    ("SELECT sum(number) FROM f WHERE NOT flag AND (small > 1 OR label IS NULL)", "sum(number)"),
    ("SELECT kind FROM f WHERE note <> 'apple' GROUP BY 1 ORDER BY 1 LIMIT 2", "Limit: 2"),
    ("SELECT id FROM f WHERE day >= '2024-01-01' ORDER BY id LIMIT 3", "Limit: 3"),
    ("SELECT id FROM f WHERE price > 1 ORDER BY id DESC LIMIT 2", "Sort Key: id DESC"),
]  # fmt: skip


def same_rows(tables: psycopg.Connection, query: str) -> None:
    """Hold that a query gives the rows that it gives of the local tables."""
    local = query
    for foreign, its in (("f", "l"), ("g", "l"), ("nothing", "empty"), ("parent", "local_parent")):
        local = re.sub(rf"\b{foreign}\b", its, local)
    found, expected = rows(tables, query), rows(tables, local)
    if "ORDER BY" not in query:
        found, expected = sorted(found), sorted(expected)
    assert found == expected, query
