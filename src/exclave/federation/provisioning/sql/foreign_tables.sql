-- A member's foreign tables of one joined table: the plain one and its variants.
SELECT c.relname
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = $1::text
   AND c.relkind = 'f'
   AND (c.relname = $2::text OR pg_catalog.starts_with(c.relname::text, $2::text || '@'))
 ORDER BY c.relname
