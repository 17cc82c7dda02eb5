-- Temporary foreign tables over the remote's own catalogs; their transaction is rolled back.
CREATE FOREIGN TABLE pg_temp.exclave_settings (name text, setting text)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_settings', {options});
CREATE FOREIGN TABLE pg_temp.exclave_activity (
    pid int, usename text, datname text, application_name text, backend_start timestamptz)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_stat_activity', {options});
CREATE FOREIGN TABLE pg_temp.exclave_roles (rolname text, rolconnlimit int)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_roles', {options});
CREATE FOREIGN TABLE pg_temp.exclave_namespace (oid oid, nspname text)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_namespace', {options});
CREATE FOREIGN TABLE pg_temp.exclave_class (
    oid oid, relname text, relnamespace oid, relkind "char")
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_class', {options});
CREATE FOREIGN TABLE pg_temp.exclave_attribute (
    attrelid oid, attname text, attnum int2, atttypid oid, atttypmod int4, attnotnull bool,
    attisdropped bool)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_attribute', {options});
CREATE FOREIGN TABLE pg_temp.exclave_type (
    oid oid, typname text, typnamespace oid, typtype "char", typelem oid, typlen int2,
    typbasetype oid, typtypmod int4)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_type', {options});
