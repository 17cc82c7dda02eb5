-- Below 10000 the oids of types are the same on all servers, so the hub can spell them.
SELECT a.attrelid::pg_catalog.int8, a.attname, a.attnotnull, a.atttypid::pg_catalog.int8,
       CASE WHEN a.atttypid < 10000 THEN
         NULLIF(pg_catalog.format_type(a.atttypid, a.atttypmod), '???') END
  FROM pg_temp.exclave_attribute AS a
 WHERE a.attrelid = ANY ($1::pg_catalog.oid[])
   AND a.attnum > 0
   AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum
