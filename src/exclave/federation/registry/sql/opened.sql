-- Whether there is a registry that can be trusted, before anything of it is read or run: its table
-- belongs to the role $1, and its schema to that role, to a member of it or to a superuser.
SELECT
    pg_catalog.current_setting('role'),
    pg_catalog.pg_get_userbyid(n.nspowner)::text,
    pg_catalog.pg_get_userbyid(c.relowner)::text,
    coalesce(c.relkind = 'r' AND c.relowner = owner.oid
        AND (schema_owner.rolsuper OR n.nspowner = owner.oid
            OR pg_catalog.pg_has_role(n.nspowner, owner.oid, 'MEMBER')), false),
    coalesce(pg_catalog.pg_has_role(session_user, owner.oid, CASE
        WHEN pg_catalog.current_setting('server_version_num')::int4 >= 160000 THEN 'SET'
        ELSE 'MEMBER' END), false)
FROM (SELECT) AS here
LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = 'exclave'
LEFT JOIN pg_catalog.pg_roles AS schema_owner ON schema_owner.oid = n.nspowner
LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'registry'
LEFT JOIN pg_catalog.pg_roles AS owner ON owner.rolname = $1::text
