-- The hub's own types of some names, those of extensions first. $1: names.
SELECT n.nspname, t.typname, pg_catalog.format_type(t.oid, -1), t.typtype::pg_catalog.text,
       EXISTS (SELECT
                 FROM pg_catalog.pg_depend AS d
                WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                  AND d.objid = t.oid
                  AND d.deptype = 'e')
  FROM pg_catalog.pg_type AS t
  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
 WHERE t.typname = ANY ($1::pg_catalog.text[])
   AND t.typisdefined
 ORDER BY n.nspname
