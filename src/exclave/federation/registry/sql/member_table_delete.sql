DELETE FROM exclave.member_table AS t
WHERE t.federation = $1::text AND t.slug = $2::text
    AND ($3::text[] IS NULL OR t.table_name = ANY ($3::text[]))
RETURNING t.table_name
