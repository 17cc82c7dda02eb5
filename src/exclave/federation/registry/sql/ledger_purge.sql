-- Forgets what the ledger's table of digests holds of user mappings that are gone.
DELETE FROM exclave.secret_digest AS d
WHERE d.mapping NOT IN (SELECT m.umid FROM pg_catalog.pg_user_mappings AS m)
RETURNING d.mapping
