-- A member, and the relations through which a session may write to its table: the view of
-- applications, and the foreign tables. $1: federation, $2: slug, $3: table.
SELECT m.state, m.suspended IS NOT NULL, m.suspended_reason, m.writable, m.server, (
       SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                  'schema', n.nspname,
                  'name', c.relname,
                  'view', c.relkind = 'v',
                  'permitted', pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                               AND pg_catalog.has_any_column_privilege(c.oid, 'INSERT')
                               AND (c.relkind = 'v' OR EXISTS (
                                   SELECT
                                     FROM pg_catalog.pg_user_mappings AS u
                                    WHERE u.srvname = m.server
                                      AND u.usename IN (CURRENT_USER, 'public'))),
                  'columns', (
                      SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                                 'name', a.attname,
                                 'type', pg_catalog.format_type(a.atttypid, -1),
                                 'array', t.typcategory = 'A',
                                 'json', a.atttypid = ANY (ARRAY[114, 3802]::pg_catalog.oid[]),
                                 'generated', a.attgenerated <> '',
                                 'default', CASE WHEN a.attgenerated = '' THEN
                                                pg_catalog.pg_get_expr(d.adbin, d.adrelid) END)
                                 ORDER BY a.attnum)
                        FROM pg_catalog.pg_attribute AS a
                        JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
                        LEFT JOIN pg_catalog.pg_attrdef AS d
                          ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
                  ORDER BY c.relname)
         FROM pg_catalog.pg_namespace AS n
         JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
        WHERE (n.nspname = m.schema_name OR n.nspname = m.schema_name || '_insertable')
          AND (c.relname = $3::text OR pg_catalog.split_part(c.relname, '@', 1) = $3::text)
          AND c.relkind IN ('v', 'f'))::text
  FROM exclave.member AS m
 WHERE exclave.at_home()
   AND m.federation = $1::text
   AND m.slug = $2::text
