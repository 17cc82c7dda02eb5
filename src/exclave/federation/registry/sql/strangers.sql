-- What would be dropped along with what the role $1 owns in the schemas $2 and with the servers $3,
-- and is not its own there: all that depends on those, however indirectly.
WITH RECURSIVE dependent(classid, objid, objsubid) AS (
    SELECT 'pg_catalog.pg_namespace'::regclass::oid, n.oid, 0
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname = ANY ($2::text[]) AND pg_catalog.pg_get_userbyid(n.nspowner) = $1::text
    UNION
    SELECT 'pg_catalog.pg_foreign_server'::regclass::oid, s.oid, 0
    FROM pg_catalog.pg_foreign_server AS s
    WHERE s.srvname = ANY ($3::text[]) AND pg_catalog.pg_get_userbyid(s.srvowner) = $1::text
    UNION
    SELECT 'pg_catalog.pg_class'::regclass::oid, c.oid, 0
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($2::text[]) AND pg_catalog.pg_get_userbyid(c.relowner) = $1::text
    UNION
    SELECT coalesce(view.classid, d.classid), coalesce(view.objid, d.objid), d.objsubid
    FROM dependent
    JOIN pg_catalog.pg_depend AS d
        ON d.refclassid = dependent.classid AND d.refobjid = dependent.objid
            AND (dependent.objsubid = 0 OR d.refobjsubid = dependent.objsubid)
    LEFT JOIN LATERAL (  -- a rule is its view
        SELECT 'pg_catalog.pg_class'::regclass::oid, w.ev_class
        FROM pg_catalog.pg_rewrite AS w
        WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = d.objid
    ) AS view(classid, objid) ON true
), placed AS (
    SELECT dependent.classid, dependent.objid, dependent.objsubid,
        coalesce(c.relnamespace, p.pronamespace, t.typnamespace, k.connamespace) AS namespace,
        coalesce(c.relowner, p.proowner, t.typowner, s.srvowner, m.umuser, n.nspowner) AS owner,
        coalesce(t.typrelid <> 0 OR t.typelem <> 0, false) AS goes_along  -- with what has the type
    FROM dependent
    LEFT JOIN pg_catalog.pg_attrdef AS a
        ON dependent.classid = 'pg_catalog.pg_attrdef'::regclass AND a.oid = dependent.objid
    LEFT JOIN pg_catalog.pg_trigger AS g
        ON dependent.classid = 'pg_catalog.pg_trigger'::regclass AND g.oid = dependent.objid
    LEFT JOIN pg_catalog.pg_policy AS o
        ON dependent.classid = 'pg_catalog.pg_policy'::regclass AND o.oid = dependent.objid
    LEFT JOIN pg_catalog.pg_constraint AS k
        ON dependent.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = dependent.objid
    LEFT JOIN pg_catalog.pg_class AS c ON c.oid = CASE
        WHEN dependent.classid = 'pg_catalog.pg_class'::regclass THEN dependent.objid
        ELSE coalesce(a.adrelid, g.tgrelid, o.polrelid, nullif(k.conrelid, 0)) END
    LEFT JOIN pg_catalog.pg_proc AS p
        ON dependent.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = dependent.objid
    LEFT JOIN pg_catalog.pg_type AS t
        ON dependent.classid = 'pg_catalog.pg_type'::regclass AND t.oid = dependent.objid
    LEFT JOIN pg_catalog.pg_foreign_server AS s
        ON dependent.classid = 'pg_catalog.pg_foreign_server'::regclass AND s.oid = dependent.objid
    LEFT JOIN (
        SELECT v.umid, coalesce(nullif(v.umuser, 0), 10) AS umuser FROM pg_catalog.pg_user_mappings AS v
    ) AS m
        ON dependent.classid = 'pg_catalog.pg_user_mapping'::regclass AND m.umid = dependent.objid
    LEFT JOIN pg_catalog.pg_namespace AS n
        ON dependent.classid = 'pg_catalog.pg_namespace'::regclass AND n.oid = dependent.objid
)
SELECT DISTINCT pg_catalog.pg_describe_object(placed.classid, placed.objid, placed.objsubid)
FROM placed
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = placed.namespace
WHERE NOT placed.goes_along AND (
    pg_catalog.pg_get_userbyid(placed.owner) IS DISTINCT FROM $1::text
    OR placed.namespace IS NOT NULL AND n.nspname <> ALL ($2::text[] || 'pg_toast'::text))
ORDER BY 1
