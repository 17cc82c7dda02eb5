INSERT INTO exclave.registry (version, system_identifier, database, owner)
VALUES ($1::int4, $2::text, $3::text, $4::text)
RETURNING version
