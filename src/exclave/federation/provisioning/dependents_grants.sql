-- What others than their owners may do with some relations: one row each of relation, its name,
-- column, grantor, grantee (NULL is everybody), privilege, whether it may be granted on, and
-- whether the session can become the grantor.
SELECT relation.oid::int8, relation.name, relation.attname::text,
    pg_catalog.pg_get_userbyid(a.grantor)::text,
    CASE WHEN a.grantee <> 0 THEN pg_catalog.pg_get_userbyid(a.grantee)::text END,
    a.privilege_type, a.is_grantable,
    pg_catalog.pg_has_role(session_user, a.grantor,
        CASE WHEN pg_catalog.current_setting('server_version_num')::int4 >= 160000
            THEN 'SET' ELSE 'MEMBER' END)
FROM (
    SELECT c.oid, c.relowner, c.relacl AS acl, NULL::name AS attname,
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid::int8 = ANY ($1::int8[])
    UNION ALL
    SELECT c.oid, c.relowner, k.attacl, k.attname,
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute AS k ON k.attrelid = c.oid AND NOT k.attisdropped
    WHERE c.oid::int8 = ANY ($1::int8[]) AND k.attacl IS NOT NULL
) AS relation
CROSS JOIN LATERAL pg_catalog.aclexplode(relation.acl) AS a
-- what the owner has of himself comes with the relation
WHERE NOT (a.grantee = relation.relowner AND a.grantor = relation.relowner
    AND relation.attname IS NULL)
ORDER BY 1, 3 NULLS FIRST, 5, 6
