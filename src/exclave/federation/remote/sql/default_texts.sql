-- Shown to who has a right on the column. $1: schemas; $2: names of tables.
SELECT c.table_schema, c.table_name, c.column_name, c.column_default
  FROM pg_temp.exclave_columns AS c
 WHERE c.table_schema = ANY ($1::pg_catalog.text[])
   AND c.table_name = ANY ($2::pg_catalog.text[])
   AND c.column_default IS NOT NULL
