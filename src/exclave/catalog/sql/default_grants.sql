-- What objects that the current role creates are granted at once (ALTER DEFAULT PRIVILEGES):
-- `schema` is NULL for what holds in the whole database.
SELECT 'default_grants' AS noun,
       pg_catalog.json_build_object(
         'kind', CASE d.defaclobjtype WHEN 'r' THEN 'foreign table' ELSE 'schema' END,
         'schema', (SELECT n.nspname
                      FROM pg_catalog.pg_namespace AS n
                     WHERE n.oid = d.defaclnamespace),
         'grants', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                             CASE WHEN a.grantee <> 0
                                  THEN pg_catalog.pg_get_userbyid(a.grantee) END,
                             a.privilege_type, a.is_grantable, false))
                      FROM pg_catalog.aclexplode(d.defaclacl) AS a
                     WHERE a.grantee <> d.defaclrole)
       )::pg_catalog.text AS value
  FROM pg_catalog.pg_default_acl AS d
 WHERE d.defaclrole = (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = CURRENT_USER)
   AND d.defaclobjtype IN ('r', 'n')
