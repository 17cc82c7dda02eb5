-- Who holds an advisory lock.
SELECT a.pid, a.usename::text, a.application_name, a.xact_start
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_database AS d ON d.oid = l.database
JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND d.datname = pg_catalog.current_database()
    AND (l.classid::int8 << 32) | l.objid::int8 = $1::int8
LIMIT 1
