SELECT CASE
    WHEN pg_catalog.to_regclass('exclave.member') IS NULL THEN false
    ELSE pg_catalog.has_schema_privilege('exclave', 'USAGE')
        AND pg_catalog.has_column_privilege('exclave.member', 'server', 'SELECT')
END
