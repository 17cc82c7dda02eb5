UPDATE exclave.member
SET labels = $3::text::jsonb, wrapper = $4::text, writable = $5::bool,
    definition = $6::text::jsonb
WHERE federation = $1::text AND slug = $2::text
RETURNING slug
