-- One row a table. `columns` is a text with a line a column (JSON has no line breaks in its strings),
-- so that equal ones are read once; the module `columns` knows the order of what is in it.
WITH tables AS (
  SELECT c.oid, c.relname, c.relowner, c.relacl, c.relpartbound, n.nspname, f.ftserver, f.ftoptions
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_foreign_table AS f ON f.ftrelid = c.oid
   WHERE n.nspname !~ '^pg_'
     AND n.nspname <> 'information_schema'
     AND ($1::pg_catalog.text[] IS NULL
          OR n.nspname::pg_catalog.text = ANY ($1::pg_catalog.text[]))
)
SELECT 'foreign_table' AS noun,
       pg_catalog.json_build_object(
         'schema', c.nspname,
         'name', c.relname,
         'server', s.srvname,
         'columns', columns.value,
         'options', c.ftoptions,
         'checks', checks.value,
         'parents', parents.value,
         'bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid),
         'owner', pg_catalog.pg_get_userbyid(c.relowner),
         'grants', CASE WHEN c.relacl IS NOT NULL THEN
                     (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                               CASE WHEN a.grantee <> 0
                                    THEN pg_catalog.pg_get_userbyid(a.grantee) END,
                               a.privilege_type, a.is_grantable, a.grantor <> c.relowner))
                        FROM pg_catalog.aclexplode(c.relacl) AS a
                       WHERE a.grantee <> c.relowner) END,
         'comment', comments.description,
         'extension', extensions.extname
       )::pg_catalog.text AS value
  FROM tables AS c
  JOIN pg_catalog.pg_foreign_server AS s ON s.oid = c.ftserver
  LEFT JOIN pg_catalog.pg_description AS comments
    ON comments.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
   AND comments.objoid = c.oid
   AND comments.objsubid = 0
  LEFT JOIN (SELECT d.objid, x.extname
               FROM pg_catalog.pg_depend AS d
               JOIN pg_catalog.pg_extension AS x ON x.oid = d.refobjid
              WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                AND d.deptype = 'e') AS extensions
    ON extensions.objid = c.oid
  LEFT JOIN (SELECT k.conrelid,
                    pg_catalog.json_agg(pg_catalog.json_build_array(
                      k.conname,
                      pg_catalog.pg_get_expr(k.conbin, k.conrelid),
                      k.connoinherit)) AS value
               FROM pg_catalog.pg_constraint AS k
               JOIN tables AS t ON t.oid = k.conrelid
              WHERE k.contype = 'c'
              GROUP BY k.conrelid) AS checks
    ON checks.conrelid = c.oid
  LEFT JOIN (SELECT i.inhrelid,
                    pg_catalog.json_agg(pg_catalog.json_build_array(p.relname, q.nspname)
                                        ORDER BY i.inhseqno) AS value
               FROM pg_catalog.pg_inherits AS i
               JOIN tables AS t ON t.oid = i.inhrelid
               JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
               JOIN pg_catalog.pg_namespace AS q ON q.oid = p.relnamespace
              GROUP BY i.inhrelid) AS parents
    ON parents.inhrelid = c.oid
  LEFT JOIN (SELECT a.attrelid,
                    pg_catalog.string_agg(pg_catalog.json_build_array(
                      a.attname,
                      pg_catalog.format_type(a.atttypid, a.atttypmod),
                      CASE WHEN a.attcollation <> t.typcollation THEN
                        (SELECT pg_catalog.json_build_array(l.collname, m.nspname)
                           FROM pg_catalog.pg_collation AS l
                           JOIN pg_catalog.pg_namespace AS m ON m.oid = l.collnamespace
                          WHERE l.oid = a.attcollation) END,
                      a.attnotnull,
                      CASE WHEN a.atthasdef THEN
                        (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                           FROM pg_catalog.pg_attrdef AS d
                          WHERE d.adrelid = a.attrelid
                            AND d.adnum = a.attnum) END,
                      a.attgenerated,
                      a.attidentity,
                      a.attfdwoptions,
                      comments.description,
                      CASE WHEN a.attacl IS NOT NULL THEN
                        (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                                  CASE WHEN g.grantee <> 0
                                       THEN pg_catalog.pg_get_userbyid(g.grantee) END,
                                  g.privilege_type, g.is_grantable, g.grantor <> w.relowner))
                           FROM pg_catalog.aclexplode(a.attacl) AS g
                          WHERE g.grantee <> w.relowner) END
                    )::pg_catalog.text, E'\n' ORDER BY a.attnum) AS value
               FROM tables AS w
               JOIN pg_catalog.pg_attribute AS a ON a.attrelid = w.oid
               JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
               LEFT JOIN pg_catalog.pg_description AS comments
                 ON comments.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND comments.objoid = a.attrelid
                AND comments.objsubid = a.attnum
              WHERE a.attnum > 0
                AND NOT a.attisdropped
              GROUP BY a.attrelid) AS columns
    ON columns.attrelid = c.oid
