-- The hub's own collations, those of built-in schemas first and short names before long ones.
SELECT pg_catalog.format('%I.%I', n.nspname, c.collname), pg_catalog.to_json(c)::pg_catalog.text
  FROM pg_catalog.pg_collation AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
 WHERE c.collencoding IN (-1, (SELECT d.encoding
                                 FROM pg_catalog.pg_database AS d
                                WHERE d.datname = pg_catalog.current_database()))
   AND c.collname <> 'default'
 ORDER BY n.nspname <> 'pg_catalog', pg_catalog.length(c.collname::pg_catalog.text), c.collname
