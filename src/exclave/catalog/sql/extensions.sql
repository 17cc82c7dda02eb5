-- The extensions, less the one that every database has.
SELECT 'extension' AS noun,
       pg_catalog.json_build_object(
         'name', x.extname,
         'schema', n.nspname,
         'version', x.extversion
       )::pg_catalog.text AS value
  FROM pg_catalog.pg_extension AS x
  JOIN pg_catalog.pg_namespace AS n ON n.oid = x.extnamespace
 WHERE x.extname <> 'plpgsql'
