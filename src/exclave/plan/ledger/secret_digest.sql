-- Digests of option values that a role set and may not read back. Each role sees and writes
-- only its own rows; the row's salt keys the digest.
CREATE TABLE exclave.secret_digest (
    mapping oid NOT NULL,
    option text NOT NULL,
    written_by name NOT NULL DEFAULT current_user,
    salt bytea NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (mapping, option, written_by)
)
