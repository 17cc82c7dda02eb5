-- What the role $1 owns in the schemas $2, and its user mappings on the servers $3, each with the
-- word that DROP needs.
SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
        WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
    (pg_catalog.pg_identify_object('pg_catalog.pg_class'::regclass, c.oid, 0)).identity
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($2::text[]) AND pg_catalog.pg_get_userbyid(c.relowner) = $1::text
    AND c.relkind IN ('v', 'm', 'f', 'r', 'p', 'S')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
            AND c.relkind = 'S' AND d.deptype IN ('a', 'i'))
UNION ALL
SELECT 'ROUTINE', (pg_catalog.pg_identify_object('pg_catalog.pg_proc'::regclass, p.oid, 0)).identity
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY ($2::text[]) AND pg_catalog.pg_get_userbyid(p.proowner) = $1::text
UNION ALL
SELECT 'TYPE', (pg_catalog.pg_identify_object('pg_catalog.pg_type'::regclass, t.oid, 0)).identity
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = ANY ($2::text[]) AND pg_catalog.pg_get_userbyid(t.typowner) = $1::text
    AND t.typtype IN ('d', 'e')
UNION ALL
SELECT 'SERVER', pg_catalog.quote_ident(s.srvname)
FROM pg_catalog.pg_foreign_server AS s
WHERE s.srvname = ANY ($3::text[]) AND pg_catalog.pg_get_userbyid(s.srvowner) = $1::text
UNION ALL
SELECT 'USER MAPPING', pg_catalog.format('FOR %I SERVER %I', m.usename, m.srvname)
FROM pg_catalog.pg_user_mappings AS m
WHERE m.srvname = ANY ($3::text[]) AND m.usename = $1::text
UNION ALL
SELECT 'SCHEMA', pg_catalog.quote_ident(n.nspname)
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = ANY ($2::text[]) AND pg_catalog.pg_get_userbyid(n.nspowner) = $1::text
ORDER BY 1, 2
