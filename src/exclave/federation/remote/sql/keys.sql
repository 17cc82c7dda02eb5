-- $1: oids of tables.
SELECT i.indrelid::pg_catalog.int8, i.indkey, i.indnkeyatts, i.indisprimary
  FROM pg_temp.exclave_index AS i
 WHERE i.indrelid = ANY ($1::pg_catalog.oid[])
   AND i.indisunique
   AND i.indisvalid
   AND i.indpred IS NULL
   AND i.indexprs IS NULL
 ORDER BY i.indrelid, i.indisprimary DESC, i.indimmediate DESC, i.indnkeyatts, i.indexrelid
