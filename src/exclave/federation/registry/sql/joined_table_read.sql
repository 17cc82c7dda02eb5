SELECT j.table_name, j.columns::text, j.key, j.chunks::text
FROM exclave.joined_table AS j
WHERE j.federation = $1::text
ORDER BY j.table_name
