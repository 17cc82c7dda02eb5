SELECT pg_catalog.to_json(d)::pg_catalog.text
  FROM pg_temp.exclave_database AS d
 WHERE d.datname = $1::pg_catalog.text
