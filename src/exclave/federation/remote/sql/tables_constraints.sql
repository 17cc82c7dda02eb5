-- As in tables.sql; made from PostgreSQL 18 on, which keeps NOT NULL there.
CREATE FOREIGN TABLE pg_temp.exclave_constraint (
    conrelid oid, contype "char", conkey int2[], convalidated bool)
  SERVER {server} OPTIONS (schema_name 'pg_catalog', table_name 'pg_constraint', {options});
