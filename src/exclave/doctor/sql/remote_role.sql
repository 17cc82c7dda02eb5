SELECT r.rolconnlimit
  FROM pg_temp.exclave_roles AS r
 WHERE r.rolname = $1::pg_catalog.text
