-- The relations of the schema exclave that have the names of the registry's: the owner, and the
-- columns with their types.
SELECT c.relname::text, c.relkind = 'r', pg_catalog.pg_get_userbyid(c.relowner)::text,
    ARRAY(
        SELECT a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
    )
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'exclave' AND c.relname = ANY ($1::text[])
ORDER BY c.relname
