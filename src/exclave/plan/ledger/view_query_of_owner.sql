CREATE POLICY of_owner ON exclave.view_query FOR SELECT
    USING (EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = view_query.schema AND c.relname = view_query.name
            AND pg_catalog.pg_has_role(c.relowner, 'USAGE')))
