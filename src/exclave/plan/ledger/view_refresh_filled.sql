-- Keeps that materialized views got their data when they were created, in this transaction, and
-- forgets those that are gone.
WITH here AS (
    SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
), forgotten AS (
    DELETE FROM exclave.view_refresh AS v
    WHERE v.written_by = current_user AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_class AS c, here
        WHERE c.oid = v.view AND c.relkind = 'm' AND v.database = here.oid)
)
INSERT INTO exclave.view_refresh AS v (database, view, started)
SELECT here.oid, c.oid, pg_catalog.now()
FROM here, ROWS FROM (
    pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])
) AS given(schema, name)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = given.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = given.name
WHERE c.relispopulated
ON CONFLICT (database, view, written_by) DO UPDATE SET started = excluded.started
RETURNING v.view::int8
