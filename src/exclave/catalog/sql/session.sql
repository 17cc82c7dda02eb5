-- Who reads, and on what. Run before the search path is changed.
SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4,
       CURRENT_USER::pg_catalog.text,
       (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) CURRENT_USER),
       pg_catalog.current_database()::pg_catalog.text,
       pg_catalog.current_setting('search_path')
