-- The digests that the current role keeps, by server and role of the user mapping.
SELECT m.srvname::text, m.usename::text, d.option, d.salt, d.digest
FROM exclave.secret_digest AS d
JOIN pg_catalog.pg_user_mappings AS m ON m.umid = d.mapping
WHERE d.written_by = current_user
