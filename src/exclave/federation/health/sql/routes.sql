-- How the session's role can touch each member of federation $1, of the slugs $2 or all, by its
-- table $3: through a view of the owner's, through the foreign table as the owner, or through the
-- joined table.
WITH tables AS MATERIALIZED (
    SELECT n.nspname::text AS schema_name, c.oid, n.oid AS schema_oid, c.relowner
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = $3::text
), ways AS MATERIALIZED (
    SELECT m.slug, way.number, way.kind, way.schema_name
    FROM exclave.member AS m
    CROSS JOIN LATERAL (VALUES
        (1, 'view', m.schema_name || '_insertable'),
        (2, 'foreign', m.schema_name),
        (3, 'joined', CASE WHEN m.state = 'joined' THEN m.federation END)
    ) AS way (number, kind, schema_name)
    WHERE exclave.at_home()  -- a copy of the hub touches nobody
        AND m.federation = $1::text AND ($2::text[] IS NULL OR m.slug = ANY ($2::text[]))
), passable AS (
    SELECT w.slug, w.number, w.kind, w.schema_name, t.relowner
    FROM ways AS w
    JOIN tables AS t ON t.schema_name = w.schema_name
    WHERE CASE WHEN w.kind = 'foreign' THEN pg_catalog.pg_has_role(t.relowner, CASE
            WHEN pg_catalog.current_setting('server_version_num')::int4 >= 160000 THEN 'SET'
            ELSE 'MEMBER' END)
        ELSE pg_catalog.has_schema_privilege(t.schema_oid, 'USAGE')
            AND pg_catalog.has_any_column_privilege(t.oid, 'SELECT') END
)
SELECT DISTINCT ON (w.slug) w.slug, p.kind, p.schema_name,
    pg_catalog.pg_get_userbyid(p.relowner)::text AS owner
FROM ways AS w
LEFT JOIN passable AS p ON p.slug = w.slug AND p.number = w.number
ORDER BY w.slug, p.number NULLS LAST
