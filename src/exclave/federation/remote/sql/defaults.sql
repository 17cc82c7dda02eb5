-- $1: oids of tables.
SELECT d.adrelid::pg_catalog.int8, d.adnum, d.adbin
  FROM pg_temp.exclave_attrdef AS d
 WHERE d.adrelid = ANY ($1::pg_catalog.oid[])
