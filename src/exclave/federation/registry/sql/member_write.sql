INSERT INTO exclave.member (
    federation, slug, labels, wrapper, writable, definition, server, schema_name, chunk
)
VALUES (
    $1::text, $2::text, $3::text::jsonb, $4::text, $5::bool, $6::text::jsonb, $7::text, $8::text,
    $9::int4
)
RETURNING slug
