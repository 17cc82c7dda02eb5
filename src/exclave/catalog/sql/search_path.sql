-- Until the end of the transaction; every name that PostgreSQL prints is then qualified.
SELECT pg_catalog.set_config('search_path', $1::pg_catalog.text, true)
