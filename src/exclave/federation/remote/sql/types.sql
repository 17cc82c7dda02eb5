-- $1: oids of types.
SELECT t.oid::pg_catalog.int8, n.nspname, t.typname, t.typtype::pg_catalog.text,
       CASE WHEN t.typcategory = 'A' THEN t.typelem::pg_catalog.int8 ELSE 0 END,
       t.typbasetype::pg_catalog.int8, t.typnotnull, t.typdefault, t.typdefaultbin,
       CASE WHEN t.typbasetype < 10000 THEN
         NULLIF(pg_catalog.format_type(t.typbasetype, -1), '???') END
  FROM pg_temp.exclave_type AS t
  JOIN pg_temp.exclave_namespace AS n ON n.oid = t.typnamespace
 WHERE t.oid = ANY ($1::pg_catalog.oid[])
