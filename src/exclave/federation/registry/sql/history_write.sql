INSERT INTO exclave.history (action, federation, slug, detail)
VALUES ($1::text, $2::text, $3::text, $4::text::jsonb)
RETURNING id
