-- What must be known to refresh materialized views, a row each: all of them, or one.
WITH RECURSIVE views AS (
    SELECT c.oid, c.relname, n.nspname, c.relispopulated, c.relowner
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'm' AND ($1::int8 IS NULL OR c.oid = $1::int8)
), reads AS (
    SELECT v.oid AS view, d.refobjid AS relation
    FROM views AS v
    JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = v.oid
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
            AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> v.oid
    UNION
    SELECT reads.view, d.refobjid
    FROM reads
    JOIN pg_catalog.pg_class AS c ON c.oid = reads.relation AND c.relkind = 'v'
    JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = c.oid
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
            AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> c.oid
)
SELECT pg_catalog.json_build_object(
    'oid', v.oid::int8,
    'schema', v.nspname,
    'name', v.relname,
    'owner', pg_catalog.pg_get_userbyid(v.relowner),
    'populated', v.relispopulated,
    'allowed', pg_catalog.pg_has_role(v.relowner, 'USAGE')
        OR CASE WHEN pg_catalog.current_setting('server_version_num')::int4 >= 170000
            THEN pg_catalog.has_table_privilege(v.oid, 'MAINTAIN') ELSE false END,
    'extension', EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = v.oid
            AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'),
    'uses', (
        SELECT pg_catalog.json_agg(reads.relation::int8) FROM reads
        JOIN pg_catalog.pg_class AS c ON c.oid = reads.relation AND c.relkind = 'm'
        WHERE reads.view = v.oid),
    'servers', (
        SELECT pg_catalog.json_agg(DISTINCT s.srvname ORDER BY s.srvname) FROM reads
        JOIN pg_catalog.pg_foreign_table AS f ON f.ftrelid = reads.relation
        JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver
        WHERE reads.view = v.oid),
    'unique_indexes', (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
            'name', c.relname,
            'valid', i.indisvalid,
            'partial', i.indpred IS NOT NULL,
            'computed', i.indexprs IS NOT NULL) ORDER BY c.relname)
        FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = v.oid AND i.indisunique)
)::text
FROM views AS v
ORDER BY v.nspname, v.relname
