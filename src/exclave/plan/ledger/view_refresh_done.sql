-- Keeps that a materialized view was refreshed, and gives how long that took.
INSERT INTO exclave.view_refresh AS v (database, view, started, duration, concurrent)
SELECT d.oid, $1::oid, $2::timestamptz, pg_catalog.clock_timestamp() - $2::timestamptz, $3::bool
FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
ON CONFLICT (database, view, written_by)
DO UPDATE SET started = excluded.started, duration = excluded.duration,
    concurrent = excluded.concurrent, failed = NULL, sqlstate = NULL, error = NULL
RETURNING v.duration
