SELECT pg_catalog.to_json(d)::pg_catalog.text
  FROM pg_temp.exclave_database AS d
 WHERE d.datname = (SELECT n.catalog_name FROM pg_temp.exclave_name AS n)
