-- $1: oids of collations.
SELECT c.oid::pg_catalog.int8, n.nspname, c.collname
  FROM pg_temp.exclave_collation AS c
  JOIN pg_temp.exclave_namespace AS n ON n.oid = c.collnamespace
 WHERE c.oid = ANY ($1::pg_catalog.oid[])
