SELECT t.slug, t.table_name, t.remote_schema, t.remote_name, t.columns::text, t.key, t.writable,
    t.remote::text
FROM exclave.member_table AS t
WHERE t.federation = $1::text AND ($2::text[] IS NULL OR t.slug = ANY ($2::text[]))
    AND ($3::text IS NULL OR t.table_name = $3::text)
ORDER BY t.slug COLLATE "C", t.table_name
