-- Types of a schema, with the labels of enums. $1: the schema; $2: names.
SELECT t.typname, ARRAY(SELECT e.enumlabel::pg_catalog.text
                          FROM pg_catalog.pg_enum AS e
                         WHERE e.enumtypid = t.oid
                         ORDER BY e.enumsortorder)
  FROM pg_catalog.pg_type AS t
  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
 WHERE n.nspname = $1::pg_catalog.text
   AND t.typname = ANY ($2::pg_catalog.text[])
