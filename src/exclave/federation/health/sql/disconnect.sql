-- The statement that closes what the session has open to members; none without postgres_fdw.
SELECT pg_catalog.format('SELECT %I.postgres_fdw_disconnect_all()', n.nspname)
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'postgres_fdw'
