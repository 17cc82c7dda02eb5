-- Keeps that a materialized view could not be refreshed.
INSERT INTO exclave.view_refresh AS v (database, view, failed, sqlstate, error)
SELECT d.oid, $1::oid, pg_catalog.now(), $2::text, $3::text
FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
ON CONFLICT (database, view, written_by)
DO UPDATE SET failed = excluded.failed, sqlstate = excluded.sqlstate, error = excluded.error
RETURNING v.failed
