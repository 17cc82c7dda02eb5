-- What the checks ask of the hub besides its catalog: one row of JSON.
SELECT pg_catalog.json_build_object(
         'max_connections', pg_catalog.current_setting('max_connections')::pg_catalog.int4
             - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4
             - COALESCE(pg_catalog.current_setting('reserved_connections', true), '0')::pg_catalog.int4,
         'may_make_temporary',
             pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'),
         'read_only', pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool,
         'database', (SELECT pg_catalog.to_json(d)
                        FROM pg_catalog.pg_database AS d
                       WHERE d.datname = pg_catalog.current_database()),
         'encoding', pg_catalog.getdatabaseencoding(),
         'role_limits', (SELECT pg_catalog.json_object_agg(r.rolname, r.rolconnlimit)
                           FROM pg_catalog.pg_roles AS r),
         'superusers', (SELECT pg_catalog.json_agg(r.rolname)
                          FROM pg_catalog.pg_roles AS r
                         WHERE r.rolsuper),
         'usable_servers', (SELECT pg_catalog.json_agg(s.srvname)
                              FROM pg_catalog.pg_foreign_server AS s
                             WHERE pg_catalog.has_server_privilege(s.oid, 'USAGE')),
         'own_servers', (SELECT pg_catalog.json_agg(s.srvname)
                           FROM pg_catalog.pg_foreign_server AS s
                          WHERE pg_catalog.pg_has_role(s.srvowner, 'USAGE')),
         'unreadable', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, c.relname))
                          FROM pg_catalog.pg_class AS c
                          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                         WHERE c.relkind = 'f'
                           AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                                    AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))),
         'closed_schemas', (SELECT pg_catalog.json_agg(n.nspname)
                              FROM pg_catalog.pg_namespace AS n
                             WHERE NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')),
         'unanalyzed', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, c.relname))
                          FROM pg_catalog.pg_class AS c
                          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                         WHERE c.relkind = 'f'
                           AND c.reltuples < 0)
       )::pg_catalog.text
