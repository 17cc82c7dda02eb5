SELECT 'schema' AS noun,
       pg_catalog.json_build_object(
         'name', n.nspname,
         'owner', pg_catalog.pg_get_userbyid(n.nspowner),
         'grants', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                             CASE WHEN a.grantee <> 0
                                  THEN pg_catalog.pg_get_userbyid(a.grantee) END,
                             a.privilege_type, a.is_grantable, a.grantor <> n.nspowner))
                      FROM pg_catalog.aclexplode(n.nspacl) AS a
                     WHERE a.grantee <> n.nspowner),
         'comment', pg_catalog.obj_description(n.oid, 'pg_namespace')
       )::pg_catalog.text AS value
  FROM pg_catalog.pg_namespace AS n
 WHERE n.nspname !~ '^pg_'
   AND n.nspname <> 'information_schema'
   AND ($1::pg_catalog.text[] IS NULL
        OR n.nspname::pg_catalog.text = ANY ($1::pg_catalog.text[]))
