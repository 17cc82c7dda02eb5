-- The materialized views that names stand for, in their order; NULL where there is none.
SELECT c.oid::int8
FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY AS asked(name, place)
LEFT JOIN pg_catalog.pg_class AS c
    ON c.oid = pg_catalog.to_regclass(asked.name) AND c.relkind = 'm'
ORDER BY asked.place
