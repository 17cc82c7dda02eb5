-- $1: oids of types.
SELECT e.enumtypid::pg_catalog.int8, e.enumlabel
  FROM pg_temp.exclave_enum AS e
 WHERE e.enumtypid = ANY ($1::pg_catalog.oid[])
 ORDER BY e.enumtypid, e.enumsortorder
