INSERT INTO exclave.joined_table AS j (federation, table_name, relation, columns, key, chunks)
SELECT $1::text, given.table_name, pg_catalog.to_regclass(given.relation), given.columns,
    ARRAY(SELECT pg_catalog.jsonb_array_elements_text(given.key)), given.chunks
FROM pg_catalog.jsonb_to_recordset($2::text::jsonb) AS given (
    table_name text, relation text, columns jsonb, key jsonb, chunks jsonb
)
ON CONFLICT (federation, table_name) DO UPDATE SET
    relation = excluded.relation, columns = excluded.columns, key = excluded.key,
    chunks = excluded.chunks
RETURNING j.table_name
