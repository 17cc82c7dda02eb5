SELECT CASE
    WHEN pg_catalog.to_regclass('exclave.joined_table') IS NULL THEN false
    ELSE pg_catalog.has_schema_privilege('exclave', 'USAGE')
        AND pg_catalog.has_table_privilege('exclave.joined_table', 'SELECT')
END
