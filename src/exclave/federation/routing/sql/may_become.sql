SELECT EXISTS (SELECT
                 FROM pg_catalog.pg_roles AS r
                WHERE r.rolname = $1::text
                  AND pg_catalog.pg_has_role(r.oid, 'MEMBER'))
