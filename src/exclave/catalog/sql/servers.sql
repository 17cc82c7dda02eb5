SELECT 'server' AS noun,
       pg_catalog.json_build_object(
         'name', s.srvname,
         'wrapper', w.fdwname,
         'type', s.srvtype,
         'version', s.srvversion,
         'options', s.srvoptions,
         'owner', pg_catalog.pg_get_userbyid(s.srvowner),
         'grants', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                             CASE WHEN a.grantee <> 0
                                  THEN pg_catalog.pg_get_userbyid(a.grantee) END,
                             a.privilege_type, a.is_grantable, a.grantor <> s.srvowner))
                      FROM pg_catalog.aclexplode(s.srvacl) AS a
                     WHERE a.grantee <> s.srvowner),
         'comment', pg_catalog.obj_description(s.oid, 'pg_foreign_server'),
         'extension', (SELECT x.extname
                         FROM pg_catalog.pg_depend AS d
                         JOIN pg_catalog.pg_extension AS x ON x.oid = d.refobjid
                        WHERE d.classid = 'pg_catalog.pg_foreign_server'::pg_catalog.regclass
                          AND d.objid = s.oid
                          AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                          AND d.deptype = 'e')
       )::pg_catalog.text AS value
  FROM pg_catalog.pg_foreign_server AS s
  JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
