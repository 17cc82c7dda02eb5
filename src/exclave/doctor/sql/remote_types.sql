SELECT t.oid::pg_catalog.int8, n.nspname, t.typname, t.typtype::pg_catalog.text,
       CASE WHEN t.typlen = -1 THEN t.typelem::pg_catalog.int8 ELSE 0 END,
       t.typbasetype::pg_catalog.int8,
       CASE WHEN t.typbasetype < 10000 THEN
         NULLIF(pg_catalog.format_type(t.typbasetype, t.typtypmod), '???') END
  FROM pg_temp.exclave_type AS t
  JOIN pg_temp.exclave_namespace AS n ON n.oid = t.typnamespace
 WHERE t.oid = ANY ($1::pg_catalog.oid[])
