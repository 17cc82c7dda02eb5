-- The last refresh of each materialized view that worked, and the last that failed since, by
-- roles that may refresh it.
WITH kept AS (
    SELECT v.*
    FROM exclave.view_refresh AS v
    JOIN pg_catalog.pg_database AS d ON d.oid = v.database
    JOIN pg_catalog.pg_class AS c ON c.oid = v.view AND c.relkind = 'm'
    JOIN pg_catalog.pg_roles AS w ON w.rolname = v.written_by
    WHERE d.datname = pg_catalog.current_database()
        AND (pg_catalog.pg_has_role(w.oid, c.relowner, 'USAGE')
            OR CASE WHEN pg_catalog.current_setting('server_version_num')::int4 >= 170000
                THEN pg_catalog.has_table_privilege(w.oid, c.oid, 'MAINTAIN') END)
), done AS (
    SELECT DISTINCT ON (k.view) k.view, k.started, k.duration, k.concurrent
    FROM kept AS k WHERE k.started IS NOT NULL ORDER BY k.view, k.started DESC
), failed AS (
    SELECT DISTINCT ON (k.view) k.view, k.failed, k.sqlstate, k.error
    FROM kept AS k LEFT JOIN done ON done.view = k.view
    WHERE k.failed IS NOT NULL AND (done.started < k.failed) IS NOT FALSE
    ORDER BY k.view, k.failed DESC
)
SELECT COALESCE(done.view, failed.view)::int8, done.started, done.duration, done.concurrent,
    failed.failed, failed.sqlstate, failed.error
FROM done FULL JOIN failed ON failed.view = done.view
