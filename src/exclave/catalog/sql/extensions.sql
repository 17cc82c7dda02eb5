-- The extensions that bring a foreign-data wrapper.
SELECT 'extension' AS noun,
       pg_catalog.json_build_object(
         'name', x.extname,
         'schema', n.nspname,
         'version', x.extversion
       )::pg_catalog.text AS value
  FROM pg_catalog.pg_extension AS x
  JOIN pg_catalog.pg_namespace AS n ON n.oid = x.extnamespace
 WHERE EXISTS (SELECT
                 FROM pg_catalog.pg_depend AS d
                WHERE d.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass
                  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                  AND d.refobjid = x.oid
                  AND d.deptype = 'e')
