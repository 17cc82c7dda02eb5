-- $1: name, $2: value, until the transaction ends.
SELECT pg_catalog.set_config($1::text, $2::text, true)
