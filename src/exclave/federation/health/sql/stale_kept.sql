-- The rows of tables $3 of member $2 of federation $1 are kept as they were when the transaction
-- began, or a little later.
UPDATE exclave.member SET refreshed_at = pg_catalog.now(), refreshed_tables = $3::text[]
WHERE federation = $1::text AND slug = $2::text
RETURNING slug
