-- Who else refreshes a view: by exclave, with an advisory lock; or by other means, of which only
-- the lock on the view itself tells. A reader's lock is none.
SELECT a.pid, a.usename::text, a.application_name, a.xact_start
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_database AS d ON d.oid = l.database
JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.granted AND l.pid <> pg_catalog.pg_backend_pid()
    AND d.datname = pg_catalog.current_database()
    AND CASE l.locktype
        WHEN 'advisory' THEN
            l.objsubid = 1 AND (l.classid::int8 << 32) | l.objid::int8 = $1::int8
        WHEN 'relation' THEN
            l.relation = $2::oid AND l.mode IN ('ExclusiveLock', 'AccessExclusiveLock')
    END
LIMIT 1
