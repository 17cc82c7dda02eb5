-- columns of the tables and views of a schema; a row of NULLs but for the name for a table without
SELECT c.relname::text,
       a.attname::text,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.attnotnull,
       o.collname::text
  FROM pg_namespace AS n
  LEFT JOIN pg_class AS c
    ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
  LEFT JOIN pg_attribute AS a
    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_type AS t
    ON t.oid = a.atttypid
  LEFT JOIN pg_collation AS o
    ON o.oid = a.attcollation AND o.oid <> t.typcollation
   AND o.collnamespace = 'pg_catalog'::regnamespace
 WHERE n.nspname = $1
 ORDER BY c.relname, a.attnum
