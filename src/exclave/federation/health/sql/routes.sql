-- How the session's role can touch each member of federation $1, of the slugs $2 or all: through
-- a view of the owner's, through a foreign table as the owner, or through a joined table.
SELECT m.slug, route.kind, route.schema_name, route.name, route.owner
FROM exclave.member AS m
LEFT JOIN LATERAL (
    SELECT c.kind, c.schema_name, c.name, c.owner
    FROM (
        SELECT
            CASE WHEN n.nspname = m.federation THEN 'joined' WHEN c.relkind = 'v' THEN 'view'
                ELSE 'foreign' END AS kind,
            n.nspname::text AS schema_name, c.relname::text AS name,
            pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
            pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT') AS readable,
            pg_catalog.pg_has_role(c.relowner, CASE
                WHEN pg_catalog.current_setting('server_version_num')::int4 >= 160000 THEN 'SET'
                ELSE 'MEMBER' END) AS may_become_owner
        FROM pg_catalog.pg_namespace AS n
        JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
        WHERE (n.nspname = m.schema_name || '_insertable' AND c.relkind = 'v')
            OR (n.nspname = m.schema_name AND c.relkind = 'f' AND c.relname !~ '@')
            OR (n.nspname = m.federation AND c.relkind = 'v' AND m.state = 'joined')
    ) AS c
    WHERE CASE WHEN c.kind = 'foreign' THEN c.may_become_owner ELSE c.readable END
    ORDER BY pg_catalog.array_position(ARRAY['view', 'foreign', 'joined'], c.kind), c.name
    LIMIT 1
) AS route ON true
WHERE exclave.at_home()  -- a copy of the hub touches nobody
    AND m.federation = $1::text AND ($2::text[] IS NULL OR m.slug = ANY ($2::text[]))
ORDER BY m.slug
