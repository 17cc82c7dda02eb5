-- Whether there is a ledger of digests that the current role can trust: one that is its own or
-- a superuser's. Anyone else's could be a trap. And whether the role could make one.
SELECT
    c.oid IS NOT NULL,
    c.relkind = 'r' AND c.relowner = n.nspowner
        AND (c.relowner = me.oid OR owner.rolsuper) IS TRUE
        AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
        AND pg_catalog.has_table_privilege(c.oid, 'INSERT')
        AND pg_catalog.has_table_privilege(c.oid, 'UPDATE')
        AND pg_catalog.has_table_privilege(c.oid, 'DELETE'),
    n.oid IS NULL AND pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
FROM pg_catalog.pg_roles AS me
LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = 'exclave'
LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'secret_digest'
LEFT JOIN pg_catalog.pg_roles AS owner ON owner.oid = c.relowner
WHERE me.rolname = current_user
