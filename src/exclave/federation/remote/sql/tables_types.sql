-- As in tables.sql; made where a column has a type or a collation of the remote's own.
CREATE FOREIGN TABLE pg_temp.exclave_type (
    oid oid, typname text, typnamespace oid, typtype "char", typcategory "char", typelem oid,
    typbasetype oid, typtypmod int4, typnotnull bool, typdefault text, typdefaultbin text)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_type', {options});
CREATE FOREIGN TABLE pg_temp.exclave_enum (enumtypid oid, enumsortorder float4, enumlabel text)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_enum', {options});
CREATE FOREIGN TABLE pg_temp.exclave_collation (oid oid, collname text, collnamespace oid)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_collation', {options});
