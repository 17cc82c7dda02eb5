-- One row a view. `uses` are the relations that its query reads, a row for each of the columns
-- that it reads itself; those behind ordinary views are among them.
WITH RECURSIVE views AS (
  SELECT c.oid, c.relname, c.relowner, c.relacl, c.relispopulated, n.nspname,
         pg_catalog.pg_get_viewdef(c.oid) AS query
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind = 'm'
     AND n.nspname !~ '^pg_'
     AND n.nspname <> 'information_schema'
     AND ($1::pg_catalog.text[] IS NULL
          OR n.nspname::pg_catalog.text = ANY ($1::pg_catalog.text[]))
), reads AS (
  SELECT v.oid AS view, d.refobjid AS relation, d.refobjsubid AS number, true AS direct
    FROM views AS v
    JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = v.oid
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
     AND d.objid = r.oid
     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
     AND d.refobjid <> v.oid
   UNION
  SELECT reads.view, d.refobjid, 0, false
    FROM reads
    JOIN pg_catalog.pg_class AS c ON c.oid = reads.relation AND c.relkind = 'v'
    JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = c.oid
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
     AND d.objid = r.oid
     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
     AND d.refobjid <> c.oid
)
SELECT 'materialized_view' AS noun,
       pg_catalog.json_build_object(
         'schema', v.nspname,
         'name', v.relname,
         'query', v.query,
         'populated', v.relispopulated,
         'owner', pg_catalog.pg_get_userbyid(v.relowner),
         'grants', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                             CASE WHEN a.grantee <> 0
                                  THEN pg_catalog.pg_get_userbyid(a.grantee) END,
                             a.privilege_type, a.is_grantable, a.grantor <> v.relowner))
                      FROM pg_catalog.aclexplode(v.relacl) AS a
                     WHERE a.grantee <> v.relowner),
         'comment', pg_catalog.obj_description(v.oid, 'pg_class'),
         'extension', (SELECT x.extname
                         FROM pg_catalog.pg_depend AS d
                         JOIN pg_catalog.pg_extension AS x ON x.oid = d.refobjid
                        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.objid = v.oid
                          AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                          AND d.deptype = 'e'),
         'uses', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                           c.relname, n.nspname, a.attname, reads.direct))
                    FROM reads
                    JOIN pg_catalog.pg_class AS c ON c.oid = reads.relation
                    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                    LEFT JOIN pg_catalog.pg_attribute AS a
                      ON a.attrelid = c.oid AND a.attnum = reads.number AND a.attnum > 0
                   WHERE reads.view = v.oid),
         'columns', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                              'name', a.attname,
                              'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                              'comment', pg_catalog.col_description(a.attrelid, a.attnum),
                              'grants',
                              (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                                        CASE WHEN g.grantee <> 0
                                             THEN pg_catalog.pg_get_userbyid(g.grantee) END,
                                        g.privilege_type, g.is_grantable, g.grantor <> v.relowner))
                                 FROM pg_catalog.aclexplode(a.attacl) AS g
                                WHERE g.grantee <> v.relowner)) ORDER BY a.attnum)
                       FROM pg_catalog.pg_attribute AS a
                      WHERE a.attrelid = v.oid AND a.attnum > 0),
         'indexes', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                              'name', c.relname,
                              'method', m.amname,
                              'unique', i.indisunique,
                              'nulls_not_distinct', i.indnullsnotdistinct,
                              'where', pg_catalog.pg_get_expr(i.indpred, i.indrelid),
                              'options', c.reloptions,
                              'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
                              'include',
                              (SELECT pg_catalog.json_agg(a.attname ORDER BY k.place)
                                 FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k(number, place)
                                 JOIN pg_catalog.pg_attribute AS a
                                   ON a.attrelid = v.oid AND a.attnum = k.number
                                WHERE k.place > i.indnkeyatts),
                              -- an operator class is shown unless it is the default of the type
                              'keys',
                              (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                                        'column', a.attname,
                                        'expression',
                                        CASE WHEN k.number = 0 THEN
                                          pg_catalog.pg_get_indexdef(
                                            i.indexrelid, k.place::pg_catalog.int4, false) END,
                                        'collation',
                                        (SELECT pg_catalog.json_build_array(l.collname, n.nspname)
                                           FROM pg_catalog.pg_collation AS l
                                           JOIN pg_catalog.pg_namespace AS n
                                             ON n.oid = l.collnamespace
                                          WHERE l.oid = k.ordered
                                            AND l.oid <> CASE
                                                  WHEN k.number = 0
                                                  THEN 'pg_catalog."default"'
                                                       ::pg_catalog.regcollation::pg_catalog.oid
                                                  ELSE a.attcollation END),
                                        'opclass',
                                        (SELECT pg_catalog.json_build_array(o.opcname, n.nspname)
                                           FROM pg_catalog.pg_opclass AS o
                                           JOIN pg_catalog.pg_namespace AS n
                                             ON n.oid = o.opcnamespace
                                          WHERE o.oid = k.opclass
                                            AND NOT (o.opcdefault AND NOT EXISTS (
                                                  SELECT
                                                    FROM pg_catalog.pg_opclass AS d
                                                   WHERE d.opcmethod = o.opcmethod
                                                     AND d.opcdefault
                                                     AND d.opcintype = a.atttypid
                                                     AND d.oid <> o.oid))),
                                        'descending', k.flags::pg_catalog.int4 & 1 <> 0,
                                        'nulls_first', k.flags::pg_catalog.int4 & 2 <> 0
                                      ) ORDER BY k.place)
                                 FROM ROWS FROM (
                                        pg_catalog.unnest(i.indkey),
                                        pg_catalog.unnest(i.indclass),
                                        pg_catalog.unnest(i.indcollation),
                                        pg_catalog.unnest(i.indoption)
                                      ) WITH ORDINALITY
                                        AS k(number, opclass, ordered, flags, place)
                                 LEFT JOIN pg_catalog.pg_attribute AS a
                                   ON a.attrelid = v.oid AND a.attnum = k.number
                                WHERE k.place <= i.indnkeyatts)))
                       FROM pg_catalog.pg_index AS i
                       JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
                       JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
                      WHERE i.indrelid = v.oid)
       )::pg_catalog.text AS value
  FROM views AS v
 WHERE v.query IS NOT NULL
