-- What the hub knows of a server, and what the current role may do with it. $1: its name.
SELECT w.fdwname,
       pg_catalog.to_json(s.srvoptions)::pg_catalog.text,
       p.prosrc IS NOT DISTINCT FROM 'postgres_fdw_handler',
       pg_catalog.has_server_privilege(s.oid, 'USAGE'),
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'),
       pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool,
       CURRENT_USER::pg_catalog.text,
       pg_catalog.current_database()::pg_catalog.text,
       m.umid IS NOT NULL,
       (SELECT o.option_value
          FROM pg_catalog.pg_options_to_table(m.umoptions) AS o
         WHERE o.option_name = 'user'),
       m.umoptions IS NULL,
       (SELECT pg_catalog.to_json(d)::pg_catalog.text
          FROM pg_catalog.pg_database AS d
         WHERE d.datname = pg_catalog.current_database()),
       pg_catalog.getdatabaseencoding()::pg_catalog.text
  FROM pg_catalog.pg_foreign_server AS s
  JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
  LEFT JOIN pg_catalog.pg_proc AS p ON p.oid = w.fdwhandler
  LEFT JOIN LATERAL (
       SELECT u.umid, u.umoptions
         FROM pg_catalog.pg_user_mappings AS u
        WHERE u.srvid = s.oid
          AND u.usename IN (CURRENT_USER, 'public')
        ORDER BY u.umuser = 0
        LIMIT 1) AS m ON true
 WHERE s.srvname = $1::pg_catalog.text
