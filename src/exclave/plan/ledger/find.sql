-- Whether there is a table of the ledger that the current role can trust: one that is its own or
-- a superuser's. Anyone else's could be a trap; whose the schema is does not matter, since its owner
-- could drop the table and not change it. Whether the role could make it, and whether the schema is
-- there.
SELECT
    (c.relkind = 'r'
        AND (c.relowner = me.oid OR owner.rolsuper)
        AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
        AND pg_catalog.has_table_privilege(c.oid, 'INSERT')
        AND pg_catalog.has_table_privilege(c.oid, 'UPDATE')
        AND pg_catalog.has_table_privilege(c.oid, 'DELETE')) IS TRUE,
    CASE WHEN n.oid IS NULL
        THEN pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
        ELSE c.oid IS NULL AND (n.nspowner = me.oid OR me.rolsuper) END,
    n.oid IS NOT NULL
FROM pg_catalog.pg_roles AS me
LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = 'exclave'
LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = $1::text
LEFT JOIN pg_catalog.pg_roles AS owner ON owner.oid = c.relowner
WHERE me.rolname = current_user
