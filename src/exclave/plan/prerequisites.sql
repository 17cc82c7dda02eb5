-- Answers questions about what is there and what the current role may do, in their order.
SELECT CASE asked.question
    WHEN 'role exists' THEN EXISTS (
        SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = asked.name)
    WHEN 'superuser' THEN me.rolsuper
    WHEN 'role is superuser' THEN EXISTS (
        SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = asked.name AND r.rolsuper)
    WHEN 'member' THEN EXISTS (
        SELECT FROM pg_catalog.pg_roles AS r
        WHERE r.rolname = asked.name AND pg_catalog.pg_has_role(r.oid, 'USAGE'))
    WHEN 'role settable' THEN EXISTS (
        SELECT FROM pg_catalog.pg_roles AS r
        WHERE r.rolname = asked.name AND pg_catalog.pg_has_role(r.oid, CASE
            WHEN pg_catalog.current_setting('server_version_num')::int4 >= 160000 THEN 'SET'
            ELSE 'MEMBER' END))
    WHEN 'extension available' THEN EXISTS (
        SELECT FROM pg_catalog.pg_available_extensions AS e WHERE e.name = asked.name)
    WHEN 'extension creatable' THEN me.rolsuper OR EXISTS (
        SELECT FROM pg_catalog.pg_available_extension_versions AS v
        WHERE v.name = asked.name AND (v.trusted OR NOT v.superuser)
            AND pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'))
    WHEN 'extension version' THEN NOT EXISTS (
        SELECT FROM pg_catalog.pg_available_extensions AS e WHERE e.name = asked.name)
        OR EXISTS (
        SELECT FROM pg_catalog.pg_available_extension_versions AS v
        WHERE v.name = asked.name AND v.version = asked.schema)
    WHEN 'extension update' THEN EXISTS (
        SELECT FROM pg_catalog.pg_extension AS x,
            pg_catalog.pg_extension_update_paths(x.extname) AS u
        WHERE x.extname = asked.name AND u.source = x.extversion
            AND u.target = asked.schema AND u.path IS NOT NULL)
    WHEN 'extension owned' THEN EXISTS (
        SELECT FROM pg_catalog.pg_extension AS x
        WHERE x.extname = asked.name AND pg_catalog.pg_has_role(x.extowner, 'USAGE'))
    WHEN 'wrapper exists' THEN EXISTS (
        SELECT FROM pg_catalog.pg_foreign_data_wrapper AS w WHERE w.fdwname = asked.name)
    WHEN 'wrapper usable' THEN EXISTS (
        SELECT FROM pg_catalog.pg_foreign_data_wrapper AS w
        WHERE w.fdwname = asked.name
            AND pg_catalog.has_foreign_data_wrapper_privilege(w.oid, 'USAGE'))
    WHEN 'wrapper usable or extension creatable' THEN EXISTS (
        SELECT FROM pg_catalog.pg_foreign_data_wrapper AS w
        WHERE w.fdwname = asked.name
            AND pg_catalog.has_foreign_data_wrapper_privilege(w.oid, 'USAGE'))
        OR me.rolsuper OR EXISTS (
        SELECT FROM pg_catalog.pg_available_extension_versions AS v
        WHERE v.name = asked.schema AND (v.trusted OR NOT v.superuser)
            AND pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'))
    WHEN 'wrapper usable by' THEN EXISTS (
        SELECT FROM pg_catalog.pg_foreign_data_wrapper AS w, pg_catalog.pg_roles AS r
        WHERE w.fdwname = asked.name AND r.rolname = asked.schema
            AND pg_catalog.has_foreign_data_wrapper_privilege(r.oid, w.oid, 'USAGE'))
    WHEN 'wrapper owned' THEN EXISTS (
        SELECT FROM pg_catalog.pg_foreign_data_wrapper AS w
        WHERE w.fdwname = asked.name AND pg_catalog.pg_has_role(w.fdwowner, 'USAGE'))
    WHEN 'server usable' THEN EXISTS (
        SELECT FROM pg_catalog.pg_foreign_server AS s
        WHERE s.srvname = asked.name AND pg_catalog.has_server_privilege(s.oid, 'USAGE'))
    WHEN 'server owned' THEN EXISTS (
        SELECT FROM pg_catalog.pg_foreign_server AS s
        WHERE s.srvname = asked.name AND pg_catalog.pg_has_role(s.srvowner, 'USAGE'))
    WHEN 'database creatable' THEN
        pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
    WHEN 'schema exists' THEN EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = asked.name)
    WHEN 'schema creatable' THEN EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS n
        WHERE n.nspname = asked.name AND pg_catalog.has_schema_privilege(n.oid, 'CREATE'))
    WHEN 'schema creatable by' THEN EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS n, pg_catalog.pg_roles AS r
        WHERE n.nspname = asked.name AND r.rolname = asked.schema
            AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE'))
    WHEN 'schema owned' THEN EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS n
        WHERE n.nspname = asked.name AND pg_catalog.pg_has_role(n.nspowner, 'USAGE'))
    WHEN 'relation owned' THEN EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = asked.schema AND c.relname = asked.name
            AND pg_catalog.pg_has_role(c.relowner, 'USAGE'))
    WHEN 'relation free' THEN NOT EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = asked.schema AND c.relname = asked.name)
        AND NOT EXISTS (
        -- arrays' types make way
        SELECT FROM pg_catalog.pg_type AS t
        JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
        WHERE n.nspname = asked.schema AND t.typname = asked.name
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS e WHERE e.typarray = t.oid))
    WHEN 'index free' THEN NOT EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = asked.schema AND c.relname = asked.name)
    WHEN 'schema usable' THEN here.usable
    -- without USAGE on its schema, to look a name up is an error; 'schema usable' tells of that
    WHEN 'type exists' THEN
        CASE WHEN here.usable THEN pg_catalog.to_regtype(asked.name) IS NOT NULL ELSE true END
    WHEN 'function exists' THEN
        CASE WHEN here.usable THEN pg_catalog.to_regproc(asked.name) IS NOT NULL ELSE true END
    WHEN 'collation exists' THEN
        CASE WHEN here.usable THEN pg_catalog.to_regcollation(asked.name) IS NOT NULL ELSE true END
    WHEN 'table exists' THEN
        CASE WHEN here.usable THEN pg_catalog.to_regclass(asked.name) IS NOT NULL ELSE true END
    WHEN 'table readable' THEN
        CASE WHEN here.usable THEN pg_catalog.to_regclass(asked.name) IS NULL
            OR pg_catalog.has_any_column_privilege(pg_catalog.to_regclass(asked.name), 'SELECT')
        ELSE NOT EXISTS (
            SELECT FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = asked.schema
                AND c.relname = (pg_catalog.parse_ident(asked.name))[2]
                AND NOT pg_catalog.has_any_column_privilege(c.oid, 'SELECT')) END
END
FROM pg_catalog.pg_roles AS me,
    ROWS FROM (
        pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[])
    ) WITH ORDINALITY AS asked(question, name, schema, place)
    CROSS JOIN LATERAL (
        SELECT NOT EXISTS (
            SELECT FROM pg_catalog.pg_namespace AS n
            WHERE n.nspname = asked.schema
                AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE'))
    ) AS here(usable)
WHERE me.rolname = current_user
ORDER BY asked.place
