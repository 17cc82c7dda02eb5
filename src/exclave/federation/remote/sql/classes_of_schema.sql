-- $1: the schema. The subquery is sent as a parameter, so only its tables come back; partitions
-- belong to theirs.
SELECT c.oid::pg_catalog.int8, $1::pg_catalog.text, c.relname, c.relkind::pg_catalog.text
  FROM pg_temp.exclave_class AS c
 WHERE c.relnamespace = (SELECT n.oid
                           FROM pg_temp.exclave_namespace AS n
                          WHERE n.nspname = $1::pg_catalog.text)
   AND NOT c.relispartition
   AND c.relkind = ANY (ARRAY['r', 'p', 'v', 'm', 'f']::pg_catalog."char"[])
