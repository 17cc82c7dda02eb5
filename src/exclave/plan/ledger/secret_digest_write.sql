-- Replaces the digests of one user mapping, and forgets those of mappings that are gone.
WITH mapping AS (
    SELECT m.umid
    FROM pg_catalog.pg_user_mappings AS m
    WHERE m.srvname = $1::text AND m.usename = $2::text
), forgotten AS (
    DELETE FROM exclave.secret_digest AS d
    WHERE d.written_by = current_user
        AND (d.mapping NOT IN (SELECT m.umid FROM pg_catalog.pg_user_mappings AS m)
            OR (d.mapping IN (SELECT umid FROM mapping) AND d.option <> ALL ($3::text[])))
)
INSERT INTO exclave.secret_digest AS d (mapping, option, salt, digest)
SELECT m.umid, given.option, pg_catalog.decode(given.salt, 'hex'), pg_catalog.decode(given.digest, 'hex')
FROM mapping AS m,
    ROWS FROM (
        pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[]), pg_catalog.unnest($5::text[])
    ) AS given(option, salt, digest)
ON CONFLICT (mapping, option, written_by)
DO UPDATE SET salt = excluded.salt, digest = excluded.digest
RETURNING d.option
