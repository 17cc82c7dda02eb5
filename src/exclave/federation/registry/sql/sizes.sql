-- How many relations the role $1 has in each schema.
SELECT n.nspname::text, pg_catalog.count(*)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE pg_catalog.pg_get_userbyid(c.relowner) = $1::text AND n.nspname !~ '^pg_'
GROUP BY n.nspname
