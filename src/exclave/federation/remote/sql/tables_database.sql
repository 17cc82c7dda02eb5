-- As in tables.sql; the columns differ from version to version.
CREATE FOREIGN TABLE pg_temp.exclave_database (oid oid, datname text, {columns})
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_database', {options});
