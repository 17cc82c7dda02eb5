-- For the transaction alone. $1: milliseconds that a statement may take, or NULL.
SELECT pg_catalog.set_config('search_path', 'pg_catalog', true),
       CASE WHEN $1::pg_catalog.text IS NOT NULL THEN
         pg_catalog.set_config('statement_timeout', $1::pg_catalog.text, true) END
