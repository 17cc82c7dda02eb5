INSERT INTO exclave.federation AS f (name, shape)
VALUES ($1::text, $2::text::jsonb)
ON CONFLICT (name) DO UPDATE SET shape = excluded.shape
RETURNING f.name
