"""All that there is to a database's views, for comparing it before and after."""

from __future__ import annotations

from typing import Any

from exclave.cluster import Database

QUERIES = """
SELECT 'view', c.oid::regclass::text, c.relkind::text, pg_get_userbyid(c.relowner)::text,
    c.reloptions, c.relispopulated, pg_get_viewdef(c.oid), obj_description(c.oid, 'pg_class')
FROM pg_class AS c
WHERE c.relkind IN ('v', 'm') AND c.relnamespace::regnamespace::text !~ '^pg_|^inf';

SELECT 'acl', c.oid::regclass::text, pg_get_userbyid(a.grantor)::text, a.grantee::regrole::text,
    a.privilege_type, a.is_grantable
FROM pg_class AS c, aclexplode(COALESCE(c.relacl, acldefault('r', c.relowner))) AS a
WHERE c.relkind IN ('v', 'm') AND c.relnamespace::regnamespace::text !~ '^pg_|^inf';

SELECT 'column', c.oid::regclass::text, k.attnum, k.attname::text, k.atttypid::regtype::text,
    k.attoptions, k.attstorage::text, COALESCE(k.attstattarget::int4, -1),
    (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(k.attacl) AS a),
    col_description(c.oid, k.attnum), pg_get_expr(d.adbin, d.adrelid)
FROM pg_class AS c JOIN pg_attribute AS k ON k.attrelid = c.oid AND k.attnum > 0
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = k.attnum
WHERE c.relkind IN ('v', 'm') AND c.relnamespace::regnamespace::text !~ '^pg_|^inf';

SELECT 'index', pg_get_indexdef(i.indexrelid), i.indisclustered,
    obj_description(i.indexrelid, 'pg_class'),
    (SELECT array_agg(a.attstattarget::int4) FROM pg_attribute AS a WHERE a.attrelid = i.indexrelid)
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid WHERE c.relkind = 'm';

SELECT 'statistics', pg_get_statisticsobjdef(oid) FROM pg_statistic_ext;

SELECT 'rule', pg_get_ruledef(r.oid), r.ev_enabled::text, obj_description(r.oid, 'pg_rewrite')
FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class
WHERE c.relnamespace::regnamespace::text !~ '^pg_|^inf' AND r.rulename <> '_RETURN';

SELECT 'trigger', pg_get_triggerdef(t.oid), t.tgenabled::text, obj_description(t.oid, 'pg_trigger')
FROM pg_trigger AS t
"""


def described(database: Database) -> set[str]:
    """Give a line for each view, column, privilege, index, rule and trigger."""
    found: list[tuple[Any, ...]] = []
    with database.connect() as connection:
        for query in QUERIES.split(";\n"):
            found += connection.execute(query.encode()).fetchall()
    return {repr(row) for row in found}
