-- Columns whose NOT NULL was never checked against the rows that were there. $1: oids of tables.
SELECT c.conrelid::pg_catalog.int8, c.conkey[1]
  FROM pg_temp.exclave_constraint AS c
 WHERE c.conrelid = ANY ($1::pg_catalog.oid[])
   AND c.contype = 'n'
   AND NOT c.convalidated
