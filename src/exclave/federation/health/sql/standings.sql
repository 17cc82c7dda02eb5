-- What the registry says of the joined members of federation $1, as far as its readers may know.
-- Kept rows count only while they have the columns that the joined table has.
WITH columns AS (
    SELECT n.nspname, c.relname::text AS name,
        pg_catalog.array_agg(a.attname || ' ' || a.atttypid ORDER BY a.attnum) AS columns
    FROM pg_catalog.pg_namespace AS n
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relkind = 'v'
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
        AND NOT a.attisdropped
    WHERE n.nspname = $1::text OR (n.nspname = $1::text || '_private' AND c.relname ~ '@last$')
    GROUP BY n.nspname, c.relname
), alike AS (
    SELECT joined.name
    FROM columns AS joined
    JOIN columns AS kept ON kept.nspname <> joined.nspname AND kept.columns = joined.columns
        AND kept.name = joined.name || '@last'
    WHERE joined.nspname = $1::text
)
SELECT m.slug, m.suspended, m.suspended_reason,
    ARRAY(SELECT alike.name FROM alike WHERE alike.name = ANY (m.refreshed_tables)),
    pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - m.refreshed_at)::float8
FROM exclave.member AS m
WHERE m.federation = $1::text AND m.state = 'joined'
ORDER BY m.slug
