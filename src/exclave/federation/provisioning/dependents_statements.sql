-- The statements that put back views ($1), and what others gave the relations ($2) on which they
-- stand; one row each: of which relation, in which step, and the statement. Steps: 0 drops a rule,
-- so that views can be dropped one after the other; 1 drops, 2 creates, 3 gives to the owner,
-- 4 completes, 5 fills with data, 6 tells the ledger; 7 adds what may need other views.
-- The search_path is pg_catalog, so that PostgreSQL prints all other names in full.
WITH relation AS (
    SELECT c.oid, c.relkind, c.relowner, c.relacl, c.reloptions, c.reltablespace, c.relam,
        c.relispopulated, n.nspname, c.relname, c.relnamespace, asked.is_root,
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name,
        CASE WHEN c.relkind = 'm' THEN 'MATERIALIZED VIEW' WHEN c.relkind = 'v' THEN 'VIEW'
            WHEN c.relkind = 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind,
        CASE WHEN c.relkind IN ('v', 'm')
            THEN pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), '; ') END AS query
    FROM (
        SELECT pg_catalog.unnest($1::int8[])::oid AS oid, false AS is_root
        UNION ALL SELECT pg_catalog.unnest($2::int8[])::oid, true
    ) AS asked
    JOIN pg_catalog.pg_class AS c ON c.oid = asked.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
), view AS (
    SELECT * FROM relation WHERE NOT is_root
), col AS (
    SELECT relation.*, a.attnum, a.attname, pg_catalog.quote_ident(a.attname) AS attr,
        a.attoptions, a.attstorage, t.typstorage,
        NULLIF(a.attstattarget::int4, -1) AS target,
        -- a column of the relations below may be gone
        CASE WHEN relation.is_root
            THEN 'DO $do$BEGIN %s; EXCEPTION WHEN undefined_column THEN NULL; END$do$'
            ELSE '%s' END AS if_there
    FROM relation
    JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = relation.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
), rule AS (
    SELECT relation.*, k.oid AS rule, k.rulename
    FROM relation
    JOIN pg_catalog.pg_rewrite AS k ON k.ev_class = relation.oid AND k.rulename <> '_RETURN'
), trigger AS (
    SELECT relation.*, k.oid AS trigger, k.tgname, k.tgenabled
    FROM relation
    JOIN pg_catalog.pg_trigger AS k ON k.tgrelid = relation.oid AND NOT k.tgisinternal
    JOIN pg_catalog.pg_proc AS p ON p.oid = k.tgfoid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE NOT (relation.is_root AND n.nspname = ANY ($3::text[]))
), index AS (
    SELECT view.*, i.indexrelid, i.indisclustered, c.relname AS index_name, s.spcname,
        pg_catalog.quote_ident(view.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS index
    FROM view
    JOIN pg_catalog.pg_index AS i ON i.indrelid = view.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    LEFT JOIN pg_catalog.pg_tablespace AS s ON s.oid = c.reltablespace
), statistic AS (
    SELECT view.*, k.oid AS statistic, k.stxstattarget::int4 AS target,
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(k.stxname) AS label
    FROM view
    JOIN pg_catalog.pg_statistic_ext AS k ON k.stxrelid = view.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = k.stxnamespace
)
SELECT oid::int8, 0 AS step, pg_catalog.format('DROP RULE %I ON %s', rulename, name), 0 AS place
FROM rule
UNION ALL
SELECT oid::int8, 1, pg_catalog.format('DROP %s %s', kind, name), 0
FROM view
UNION ALL
SELECT view.oid::int8, 2, pg_catalog.format('CREATE %s %s%s%s%s%s AS%s%s%s',
        view.kind, view.name,
        (SELECT ' (' || pg_catalog.string_agg(col.attr, ', ' ORDER BY col.attnum) || ')'
            FROM col WHERE col.oid = view.oid),
        ' USING ' || pg_catalog.quote_ident(m.amname),
        ' WITH (' || pg_catalog.array_to_string(view.reloptions, ', ') || ')',
        ' TABLESPACE ' || pg_catalog.quote_ident(s.spcname),
        E'\n', view.query,
        CASE WHEN view.relkind = 'm' THEN E'\nWITH NO DATA' END), 0
FROM view
LEFT JOIN pg_catalog.pg_am AS m ON m.oid = view.relam
LEFT JOIN pg_catalog.pg_tablespace AS s ON s.oid = view.reltablespace
UNION ALL
SELECT oid::int8, 3, pg_catalog.format('ALTER %s %s OWNER TO %I',
        kind, name, pg_catalog.pg_get_userbyid(relowner)), 0
FROM view
UNION ALL
-- what default privileges give is not what it had
SELECT DISTINCT view.oid::int8, 4, pg_catalog.format('REVOKE ALL ON %s FROM %s', view.name,
        CASE WHEN a.grantee = 0 THEN 'PUBLIC'
            ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END), 0
FROM view
JOIN pg_catalog.pg_default_acl AS k
    ON k.defaclrole = view.relowner AND k.defaclobjtype = 'r'
        AND k.defaclnamespace IN (0, view.relnamespace)
CROSS JOIN LATERAL pg_catalog.aclexplode(k.defaclacl) AS a
WHERE a.grantee <> view.relowner
UNION ALL
-- what its owner took from himself
SELECT view.oid::int8, 4, pg_catalog.format('REVOKE %s ON %s FROM %I', usual.privilege_type,
        view.name, pg_catalog.pg_get_userbyid(view.relowner)), 1
FROM view
CROSS JOIN LATERAL pg_catalog.aclexplode(pg_catalog.acldefault('r', view.relowner)) AS usual
WHERE view.relacl IS NOT NULL AND usual.grantee = view.relowner
    AND NOT EXISTS (
        SELECT FROM pg_catalog.aclexplode(view.relacl) AS has
        WHERE has.grantee = view.relowner AND has.privilege_type = usual.privilege_type)
UNION ALL
SELECT oid::int8, 4, pg_catalog.format('COMMENT ON %s %s IS %L', kind, name,
        pg_catalog.obj_description(oid, 'pg_class')), 2
FROM relation WHERE pg_catalog.obj_description(oid, 'pg_class') IS NOT NULL
UNION ALL
SELECT oid::int8, 4, pg_catalog.format(if_there, pg_catalog.format('COMMENT ON COLUMN %s.%s IS %L',
        name, attr, pg_catalog.col_description(oid, attnum))), 3
FROM col WHERE pg_catalog.col_description(oid, attnum) IS NOT NULL
UNION ALL
SELECT l.objoid::int8, 4, pg_catalog.format('SECURITY LABEL FOR %I ON %s %s%s IS %L', l.provider,
        CASE WHEN l.objsubid = 0 THEN relation.kind ELSE 'COLUMN' END, relation.name,
        (SELECT '.' || col.attr FROM col WHERE col.oid = l.objoid AND col.attnum = l.objsubid),
        l.label), 3
FROM relation
JOIN pg_catalog.pg_seclabel AS l
    ON l.classoid = 'pg_catalog.pg_class'::regclass AND l.objoid = relation.oid
UNION ALL
SELECT col.oid::int8, 4, pg_catalog.format('ALTER %s %s ALTER COLUMN %s SET DEFAULT %s', col.kind,
        col.name, col.attr, pg_catalog.pg_get_expr(k.adbin, k.adrelid)), 4
FROM col
JOIN pg_catalog.pg_attrdef AS k ON k.adrelid = col.oid AND k.adnum = col.attnum
WHERE NOT col.is_root
UNION ALL
SELECT oid::int8, 4, pg_catalog.format('ALTER %s %s ALTER COLUMN %s SET STATISTICS %s', kind,
        name, attr, target), 4
FROM col WHERE NOT is_root AND relkind = 'm' AND target IS NOT NULL
UNION ALL
SELECT oid::int8, 4, pg_catalog.format('ALTER %s %s ALTER COLUMN %s SET (%s)', kind,
        name, attr, pg_catalog.array_to_string(attoptions, ', ')), 4
FROM col WHERE NOT is_root AND relkind = 'm' AND attoptions IS NOT NULL
UNION ALL
SELECT oid::int8, 4, pg_catalog.format('ALTER %s %s ALTER COLUMN %s SET STORAGE %s', kind,
        name, attr, CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
            WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END), 4
FROM col WHERE NOT is_root AND relkind = 'm' AND attstorage <> typstorage
UNION ALL
SELECT oid::int8, 4, pg_catalog.pg_get_indexdef(indexrelid), 5
FROM index
UNION ALL
SELECT oid::int8, 4, pg_catalog.format('ALTER INDEX %s SET TABLESPACE %I', index, spcname), 6
FROM index WHERE spcname IS NOT NULL
UNION ALL
SELECT oid::int8, 4, pg_catalog.format('ALTER %s %s CLUSTER ON %I', kind, name, index_name), 6
FROM index WHERE indisclustered
UNION ALL
SELECT oid::int8, 4, pg_catalog.format('COMMENT ON INDEX %s IS %L', index,
        pg_catalog.obj_description(indexrelid, 'pg_class')), 6
FROM index WHERE pg_catalog.obj_description(indexrelid, 'pg_class') IS NOT NULL
UNION ALL
SELECT index.oid::int8, 4, pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s',
        index.index, a.attnum, a.attstattarget), 6
FROM index
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = index.indexrelid AND a.attstattarget >= 0
UNION ALL
SELECT oid::int8, 4, pg_catalog.pg_get_statisticsobjdef(statistic), 5
FROM statistic
UNION ALL
SELECT oid::int8, 4, pg_catalog.format('ALTER STATISTICS %s SET STATISTICS %s', label, target), 6
FROM statistic WHERE target >= 0
UNION ALL
SELECT oid::int8, 4, pg_catalog.format('COMMENT ON STATISTICS %s IS %L', label,
        pg_catalog.obj_description(statistic, 'pg_statistic_ext')), 6
FROM statistic WHERE pg_catalog.obj_description(statistic, 'pg_statistic_ext') IS NOT NULL
UNION ALL
SELECT oid::int8, 5, pg_catalog.format('REFRESH MATERIALIZED VIEW %s', name), 0
FROM view WHERE relkind = 'm' AND relispopulated
UNION ALL
-- where a declared query was printed so far, it is as it is printed now
SELECT oid::int8, 6, pg_catalog.format(
        'INSERT INTO exclave.view_query (schema, name, query, definition, major) SELECT DISTINCT '
        'k.schema, k.name, k.query, n.definition, k.major FROM exclave.view_query AS k, '
        'pg_catalog.pg_get_viewdef(%L::regclass) AS n(definition) WHERE k.schema = %L AND '
        'k.name = %L AND k.definition = %L AND k.major = %s AND n.definition <> k.definition',
        name, nspname, relname, pg_catalog.pg_get_viewdef(oid),
        pg_catalog.current_setting('server_version_num')::int4 / 10000), 0
FROM view WHERE relkind = 'm'
UNION ALL
SELECT oid::int8, 6, pg_catalog.format(
        'INSERT INTO exclave.view_refresh (database, view, started) SELECT d.oid, %L::regclass, '
        'pg_catalog.now() FROM pg_catalog.pg_database AS d WHERE d.datname = '
        'pg_catalog.current_database()', name), 1
FROM view WHERE relkind = 'm' AND relispopulated
UNION ALL
SELECT oid::int8, 7, pg_catalog.pg_get_ruledef(rule), 0
FROM rule
UNION ALL
SELECT oid::int8, 7, pg_catalog.format('COMMENT ON RULE %I ON %s IS %L', rulename, name,
        pg_catalog.obj_description(rule, 'pg_rewrite')), 1
FROM rule WHERE pg_catalog.obj_description(rule, 'pg_rewrite') IS NOT NULL
UNION ALL
SELECT oid::int8, 7, pg_catalog.pg_get_triggerdef(trigger), 0
FROM trigger
UNION ALL
-- triggers of views cannot be disabled, those of foreign tables can
SELECT oid::int8, 7, pg_catalog.format('ALTER TABLE %s %s TRIGGER %I', name, CASE tgenabled
        WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END,
        tgname), 1
FROM trigger WHERE tgenabled <> 'O'
UNION ALL
SELECT oid::int8, 7, pg_catalog.format('COMMENT ON TRIGGER %I ON %s IS %L', tgname, name,
        pg_catalog.obj_description(trigger, 'pg_trigger')), 1
FROM trigger WHERE pg_catalog.obj_description(trigger, 'pg_trigger') IS NOT NULL
ORDER BY 2, 4, 3
