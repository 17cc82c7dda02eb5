-- The tables of the ledger that the current role may drop.
SELECT c.relname::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'exclave' AND c.relkind = 'r' AND c.relname = ANY ($1::text[])
    AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
ORDER BY 1
