-- Below 10000 the oids of types and collations are the same on all servers, so the hub can spell
-- them. The modifier -1 spells a type as having none: NULL would spell character(1). $1: oids of
-- tables.
SELECT a.attrelid::pg_catalog.int8, a.attnum, a.attname, a.atttypid::pg_catalog.int8, a.atttypmod,
       a.attnotnull, a.atthasdef, a.attidentity::pg_catalog.text,
       a.attgenerated::pg_catalog.text, a.attcollation::pg_catalog.int8,
       (SELECT t.typcollation::pg_catalog.int8
          FROM pg_catalog.pg_type AS t
         WHERE t.oid = a.atttypid
           AND t.oid < 10000),
       CASE WHEN a.atttypid < 10000 THEN
         NULLIF(pg_catalog.format_type(a.atttypid, a.atttypmod), '???') END,
       CASE WHEN a.atttypid < 10000 THEN
         NULLIF(pg_catalog.format_type(a.atttypid, -1), '???') END
  FROM pg_temp.exclave_attribute AS a
 WHERE a.attrelid = ANY ($1::pg_catalog.oid[])
   AND a.attnum > 0
   AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum
