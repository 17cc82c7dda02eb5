-- Where the session's search path finds the objects that declarations name without a schema.
SELECT 'type', wanted.spelling, n.nspname, t.typname
FROM pg_catalog.unnest($1::text[]) AS wanted(spelling)
JOIN pg_catalog.pg_type AS t ON t.oid = pg_catalog.to_regtype(wanted.spelling)
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
UNION ALL
SELECT 'function', wanted.spelling, n.nspname, p.proname
FROM pg_catalog.unnest($2::text[]) AS wanted(spelling)
JOIN pg_catalog.pg_proc AS p ON p.oid = pg_catalog.to_regproc(wanted.spelling)
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
UNION ALL
SELECT 'collation', wanted.spelling, n.nspname, c.collname
FROM pg_catalog.unnest($3::text[]) AS wanted(spelling)
JOIN pg_catalog.pg_collation AS c ON c.oid = pg_catalog.to_regcollation(wanted.spelling)
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
UNION ALL
SELECT 'table', wanted.spelling, n.nspname, c.relname
FROM pg_catalog.unnest($4::text[]) AS wanted(spelling)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(wanted.spelling)
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
