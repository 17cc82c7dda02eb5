-- Who asks, and what there is of what a registry needs; $1 is the role that is to own it, and $2
-- the wrappers that it is to use. SET ROLE asks for the rights of the session's role.
SELECT
    session_user::text AS caller,
    pg_catalog.current_database()::text AS database,
    me.rolsuper AS superuser,
    pg_catalog.current_setting('role') AS former,
    owner.oid IS NOT NULL AS has_owner,
    coalesce(owner.rolsuper, false) AS owner_is_superuser,
    me.rolsuper OR me.rolcreaterole AS may_create_role,
    caller.rolsuper OR coalesce(pg_catalog.pg_has_role(caller.oid, owner.oid, CASE
        WHEN pg_catalog.current_setting('server_version_num')::int4 >= 160000 THEN 'SET'
        ELSE 'MEMBER' END), false) AS may_set_role,
    me.rolsuper
        OR coalesce(pg_catalog.pg_has_role(owner.oid, 'MEMBER WITH ADMIN OPTION'), false)
        OR (me.rolcreaterole AND (owner.oid IS NULL
            OR pg_catalog.current_setting('server_version_num')::int4 < 160000)) AS may_grant_role,
    coalesce(pg_catalog.has_database_privilege(
        owner.oid, pg_catalog.current_database(), 'CREATE'), false) AS owner_may_create,
    pg_catalog.has_database_privilege(
        pg_catalog.current_database(), 'CREATE WITH GRANT OPTION') AS may_grant_create,
    wrappers.known AS wrappers,
    wrappers.usable AS usable_wrappers,
    wrappers.grantable AS grantable_wrappers,
    ARRAY(
        SELECT v.name::text FROM pg_catalog.pg_available_extension_versions AS v
        WHERE v.name = ANY ($2::text[]) AND (me.rolsuper OR NOT v.superuser OR v.trusted
            AND pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'))
    ) AS creatable_extensions,
    pg_catalog.pg_get_userbyid(n.nspowner)::text AS schema_owner,
    coalesce(schema_owner.rolsuper OR schema_owner.oid IN (owner.oid, caller.oid)
        OR pg_catalog.pg_has_role(schema_owner.oid, owner.oid, 'MEMBER'), false) AS schema_trusted,
    coalesce(pg_catalog.has_schema_privilege(owner.oid, n.oid, 'USAGE')
        AND pg_catalog.has_schema_privilege(owner.oid, n.oid, 'CREATE'), false)
        AS owner_has_schema,
    coalesce(pg_catalog.has_schema_privilege('public', n.oid, 'USAGE'), false)
        AS public_has_schema,
    coalesce(pg_catalog.has_schema_privilege(n.oid, 'CREATE WITH GRANT OPTION')
        AND pg_catalog.has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION'), false)
        AS may_grant_schema
FROM pg_catalog.pg_roles AS me
JOIN pg_catalog.pg_roles AS caller ON caller.rolname = session_user
LEFT JOIN pg_catalog.pg_roles AS owner ON owner.rolname = $1::text
LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = 'exclave'
LEFT JOIN pg_catalog.pg_roles AS schema_owner ON schema_owner.oid = n.nspowner
CROSS JOIN (
    SELECT
        coalesce(pg_catalog.array_agg(w.fdwname::text), '{}') AS known,
        coalesce(pg_catalog.array_agg(w.fdwname::text) FILTER (
            WHERE pg_catalog.has_foreign_data_wrapper_privilege(r.oid, w.oid, 'USAGE')), '{}')
            AS usable,
        coalesce(pg_catalog.array_agg(w.fdwname::text) FILTER (
            WHERE pg_catalog.has_foreign_data_wrapper_privilege(
                w.oid, 'USAGE WITH GRANT OPTION')), '{}') AS grantable
    FROM pg_catalog.pg_foreign_data_wrapper AS w
    LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname = $1::text
    WHERE w.fdwname = ANY ($2::text[])
) AS wrappers
WHERE me.rolname = current_user
