-- The type beneath a domain, or text for an enum; no row for other types. $1: the type's OID.
WITH RECURSIVE layer AS (
    SELECT 0 AS depth, t.*
    FROM pg_catalog.pg_type AS t
    WHERE t.oid = $1
    UNION ALL
    SELECT above.depth + 1, t.*
    FROM layer AS above
    JOIN pg_catalog.pg_type AS t ON t.oid = above.typbasetype
)
SELECT CASE typtype WHEN 'e' THEN 'text' ELSE format_type(typbasetype, typtypmod) END
FROM layer
WHERE typtype IN ('d', 'e')
ORDER BY depth DESC
LIMIT 1
