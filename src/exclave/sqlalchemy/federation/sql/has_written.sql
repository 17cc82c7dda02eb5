-- Whether the transaction has written, on the hub or through a joined table.
SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NOT NULL
    OR coalesce(pg_catalog.current_setting('exclave.written_member', true), '') <> ''
