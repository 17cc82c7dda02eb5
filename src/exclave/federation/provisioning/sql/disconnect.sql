-- Where the function is that closes what the session has open to a server; none without postgres_fdw.
SELECT pg_catalog.format('%I.postgres_fdw_disconnect', n.nspname)
  FROM pg_catalog.pg_extension AS e
  JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.extname = 'postgres_fdw'
