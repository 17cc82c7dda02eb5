-- A privilege list that is NULL gives nothing to anybody but the owner for all kinds of objects
-- that are read here (acldefault), so it has no entries to show.
SELECT 'wrapper' AS noun,
       pg_catalog.json_build_object(
         'name', w.fdwname,
         'handler', (SELECT pg_catalog.json_build_array(p.proname, n.nspname)
                       FROM pg_catalog.pg_proc AS p
                       JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                      WHERE p.oid = w.fdwhandler),
         'validator', (SELECT pg_catalog.json_build_array(p.proname, n.nspname)
                         FROM pg_catalog.pg_proc AS p
                         JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                        WHERE p.oid = w.fdwvalidator),
         'options', w.fdwoptions,
         'owner', pg_catalog.pg_get_userbyid(w.fdwowner),
         'grants', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                             CASE WHEN a.grantee <> 0
                                  THEN pg_catalog.pg_get_userbyid(a.grantee) END,
                             a.privilege_type, a.is_grantable, a.grantor <> w.fdwowner))
                      FROM pg_catalog.aclexplode(w.fdwacl) AS a
                     WHERE a.grantee <> w.fdwowner),
         'comment', pg_catalog.obj_description(w.oid, 'pg_foreign_data_wrapper'),
         'extension', (SELECT x.extname
                         FROM pg_catalog.pg_depend AS d
                         JOIN pg_catalog.pg_extension AS x ON x.oid = d.refobjid
                        WHERE d.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass
                          AND d.objid = w.oid
                          AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                          AND d.deptype = 'e')
       )::pg_catalog.text AS value
  FROM pg_catalog.pg_foreign_data_wrapper AS w
