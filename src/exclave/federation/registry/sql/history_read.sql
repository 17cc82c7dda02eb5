SELECT id, at, role, action, federation, slug, detail::text
FROM exclave.history
WHERE ($1::text IS NULL OR federation = $1::text) AND ($2::text IS NULL OR slug = $2::text)
ORDER BY id DESC
LIMIT $3::int8
