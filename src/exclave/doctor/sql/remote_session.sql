-- The remote session that serves the hub's, known by its name; a pooler may add to the name.
SELECT a.pid, pg_catalog.date_part('epoch', a.backend_start), a.usename, a.datname
  FROM pg_temp.exclave_activity AS a
 WHERE a.application_name LIKE $1::pg_catalog.text || '%'
