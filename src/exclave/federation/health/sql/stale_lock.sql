-- Until the transaction ends, nobody else keeps rows of member $2 of federation $1.
SELECT pg_catalog.pg_advisory_xact_lock(
    pg_catalog.hashtextextended('exclave stale ' || $1::text || ' ' || $2::text, 0))::text
