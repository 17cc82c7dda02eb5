-- `shown` repeats the rule by which the view pg_user_mappings shows options, which tells a mapping
-- without options from one whose options are not shown. `names` is what the information schema
-- shows to a role that may see the server but not the values; it is NULL where it shows nothing.
SELECT 'user_mapping' AS noun,
       pg_catalog.json_build_object(
         'server', m.srvname,
         'role', CASE WHEN m.umuser <> 0 THEN m.usename END,
         'options', m.umoptions,
         'shown', r.rolsuper
                  OR CASE WHEN m.umuser = 0 THEN r.owns
                          ELSE m.usename = CURRENT_USER AND r.sees END,
         'names', CASE WHEN r.sees THEN COALESCE(o.names, '[]'::pg_catalog.json) END
       )::pg_catalog.text AS value
  FROM pg_catalog.pg_user_mappings AS m
  JOIN (SELECT s.oid,
               c.rolsuper,
               pg_catalog.pg_has_role(s.srvowner, 'USAGE') AS owns,
               pg_catalog.pg_has_role(s.srvowner, 'USAGE')
               OR pg_catalog.has_server_privilege(s.oid, 'USAGE') AS sees
          FROM pg_catalog.pg_foreign_server AS s
         CROSS JOIN pg_catalog.pg_roles AS c
         WHERE c.rolname = CURRENT_USER) AS r
    ON r.oid = m.srvid
  LEFT JOIN (SELECT u.foreign_server_name AS server,
                    u.authorization_identifier AS role,
                    pg_catalog.json_agg(u.option_name) AS names
               FROM information_schema.user_mapping_options AS u
              GROUP BY u.foreign_server_name, u.authorization_identifier) AS o
    ON o.server = m.srvname
   AND o.role = CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE m.usename END
