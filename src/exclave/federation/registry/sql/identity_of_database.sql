SELECT 'database ' || d.oid || ', registry ' || coalesce(pg_catalog.to_regclass('exclave.registry')::oid, 0) FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
