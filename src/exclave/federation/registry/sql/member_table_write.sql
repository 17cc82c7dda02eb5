INSERT INTO exclave.member_table AS t (
    federation, slug, table_name, remote_schema, remote_name, remote, columns, key, writable,
    writing
)
SELECT $1::text, given.slug, given.table_name, given.remote_schema, given.remote_name,
    given.remote, given.columns,
    ARRAY(SELECT pg_catalog.jsonb_array_elements_text(given.key)), given.writable,
    given.writing
FROM pg_catalog.jsonb_to_recordset($2::text::jsonb) AS given (
    slug text, table_name text, remote_schema text, remote_name text, remote jsonb, columns jsonb,
    key jsonb, writable bool, writing jsonb
)
ON CONFLICT (federation, slug, table_name) DO UPDATE SET
    remote_schema = excluded.remote_schema, remote_name = excluded.remote_name,
    remote = excluded.remote, columns = excluded.columns, key = excluded.key,
    writable = excluded.writable, writing = excluded.writing
RETURNING t.slug
