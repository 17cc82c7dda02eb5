-- Whether the cluster's identifier can be read; everybody may, unless it was taken from PUBLIC.
SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
