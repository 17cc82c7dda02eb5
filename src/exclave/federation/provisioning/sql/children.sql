SELECT child_schema.nspname
  FROM pg_catalog.pg_inherits AS i
  JOIN pg_catalog.pg_class AS parent ON parent.oid = i.inhparent
  JOIN pg_catalog.pg_namespace AS parent_schema ON parent_schema.oid = parent.relnamespace
  JOIN pg_catalog.pg_class AS child ON child.oid = i.inhrelid
  JOIN pg_catalog.pg_namespace AS child_schema ON child_schema.oid = child.relnamespace
 WHERE parent_schema.nspname = $1::text
   AND parent.relname = $2::text
   AND child.relname = $3::text
