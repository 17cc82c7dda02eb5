-- Temporary foreign tables over the remote's own catalogs; their transaction is rolled back.
CREATE FOREIGN TABLE pg_temp.exclave_settings (name text, setting text)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_settings', {options});
CREATE FOREIGN TABLE pg_temp.exclave_name (catalog_name text)
  SERVER {server} OPTIONS (
    schema_name 'information_schema', table_name 'information_schema_catalog_name', {options});
CREATE FOREIGN TABLE pg_temp.exclave_namespace (oid oid, nspname text)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_namespace', {options});
CREATE FOREIGN TABLE pg_temp.exclave_class (
    oid oid, relname text, relnamespace oid, relkind "char",
    relispartition bool)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_class', {options});
CREATE FOREIGN TABLE pg_temp.exclave_attribute (
    attrelid oid, attname text, attnum int2, atttypid oid, atttypmod int4, attnotnull bool,
    attisdropped bool, atthasdef bool, attidentity "char", attgenerated "char", attcollation oid)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_attribute', {options});
CREATE FOREIGN TABLE pg_temp.exclave_index (
    indexrelid oid, indrelid oid, indkey text, indnkeyatts int2, indisprimary bool,
    indisunique bool, indisvalid bool, indimmediate bool, indpred text, indexprs text)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_index', {options});
