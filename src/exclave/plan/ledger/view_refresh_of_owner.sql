CREATE POLICY of_owner ON exclave.view_refresh FOR SELECT
    USING (EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = view_refresh.schema AND c.relname = view_refresh.name
            AND pg_catalog.pg_has_role(c.relowner, 'USAGE')))
