SELECT c.oid::pg_catalog.int8, n.nspname, c.relname, c.relkind::pg_catalog.text
  FROM pg_temp.exclave_class AS c
  JOIN pg_temp.exclave_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY ($1::pg_catalog.text[])
   AND c.relname = ANY ($2::pg_catalog.text[])
   AND c.relkind = ANY (ARRAY['r', 'p', 'v', 'm', 'f', 'S']::pg_catalog."char"[])
