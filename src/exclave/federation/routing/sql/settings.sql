SELECT pg_catalog.current_setting('exclave.written_member', true),
       pg_catalog.current_setting('exclave.write_members', true)
