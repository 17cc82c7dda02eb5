-- As in tables.sql; made where a column has a default.
CREATE FOREIGN TABLE pg_temp.exclave_attrdef (adrelid oid, adnum int2, adbin text)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_attrdef', {options});
CREATE FOREIGN TABLE pg_temp.exclave_columns (
    table_schema text, table_name text, column_name text, column_default text)
  SERVER {server} OPTIONS (schema_name 'information_schema', table_name 'columns', {options});
