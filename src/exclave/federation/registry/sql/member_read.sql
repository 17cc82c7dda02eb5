-- The members of a federation, by their slugs, that have all of some labels; with $3 these alone.
SELECT m.federation, m.slug, m.state, m.labels::text, m.wrapper, m.server, m.schema_name,
    m.suspended, m.suspended_reason, m.added_at, m.joined_at, m.refreshed_at, m.writable, m.chunk,
    m.shape_digest
FROM exclave.member AS m
WHERE m.federation = $1::text
    AND m.labels @> $2::text::jsonb
    AND ($3::text[] IS NULL OR m.slug = ANY ($3::text[]))
ORDER BY m.slug COLLATE "C"
