-- What is kept of the queries of materialized views that are there, by the current role and by
-- roles that have a view's owner's rights: those could as well replace it.
SELECT DISTINCT v.schema::text, v.name::text, v.query, v.definition, v.major
FROM exclave.view_query AS v
JOIN pg_catalog.pg_roles AS w ON w.rolname = v.written_by
JOIN pg_catalog.pg_namespace AS n ON n.nspname = v.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = v.name
WHERE c.relkind = 'm'
    AND (v.written_by = current_user OR pg_catalog.pg_has_role(w.oid, c.relowner, 'USAGE'))
