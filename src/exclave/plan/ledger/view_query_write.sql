-- Keeps how the declared queries of some materialized views are printed.
INSERT INTO exclave.view_query AS v (schema, name, query, definition, major)
SELECT given.schema, given.name, given.query, given.definition, server.major
FROM ROWS FROM (
    pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]),
    pg_catalog.unnest($4::text[])
) AS given(schema, name, query, definition),
    (SELECT pg_catalog.current_setting('server_version_num')::int4 / 10000) AS server(major)
WHERE NOT EXISTS (
    SELECT FROM exclave.view_query AS k
    WHERE k.written_by = current_user AND k.schema = given.schema AND k.name = given.name
        AND k.query = given.query AND k.definition = given.definition AND k.major = server.major)
RETURNING v.name
