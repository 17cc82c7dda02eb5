CREATE POLICY of_owner ON exclave.view_refresh FOR SELECT
    USING (EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
        WHERE c.oid = view_refresh.view AND pg_catalog.pg_has_role(c.relowner, 'USAGE')))
