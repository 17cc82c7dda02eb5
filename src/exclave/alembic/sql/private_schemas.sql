-- The schemas of what federations keep for themselves, known by the owner of the hub's registry.
SELECT private.nspname
FROM pg_catalog.pg_namespace AS private
JOIN pg_catalog.pg_class AS registry
    ON registry.oid = pg_catalog.to_regclass('exclave.registry')
    AND registry.relowner = private.nspowner
JOIN pg_catalog.pg_namespace AS federation
    ON federation.nspname || '_private' = private.nspname
    AND federation.nspowner = private.nspowner
