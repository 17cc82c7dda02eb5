-- For the transaction alone. $1: milliseconds; $2: a name to know the remote session by.
SELECT pg_catalog.set_config('statement_timeout', $1::pg_catalog.text, true),
       pg_catalog.set_config('search_path', 'pg_catalog', true),
       pg_catalog.set_config('postgres_fdw.application_name', $2::pg_catalog.text, true)
