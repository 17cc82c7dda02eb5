-- A joined table of federation $1: one that the session's role may read, if there is one.
SELECT table_name
FROM exclave.joined_table
WHERE federation = $1::text
ORDER BY coalesce(pg_catalog.has_any_column_privilege(relation, 'SELECT'), false) DESC, table_name
LIMIT 1
