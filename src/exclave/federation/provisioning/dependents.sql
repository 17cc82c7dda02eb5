-- Everything that stands on some relations, other than what lies in the schemas $3; one row each:
-- `way` is 'root' for one of them, 'view' for a view or materialized view that can be dropped and put back, 'part' for a
-- trigger or rule of the relations themselves, which goes and comes with them, and 'other' for
-- what cannot be put back.
WITH RECURSIVE root AS (
    SELECT c.oid
    FROM ROWS FROM (
        pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])
    ) AS asked(schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = asked.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = asked.name
), found AS (
    SELECT 'pg_catalog.pg_class'::regclass::oid AS classid, root.oid AS objid, 0 AS objsubid
    FROM root
    UNION
    SELECT next.classid, next.objid, next.objsubid
    FROM found
    JOIN pg_catalog.pg_depend AS d
        ON d.refclassid = found.classid AND d.refobjid = found.objid
            AND (found.objsubid = 0 OR d.refobjsubid = found.objsubid)
    LEFT JOIN pg_catalog.pg_rewrite AS query
        ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND query.oid = d.objid
            AND query.rulename = '_RETURN'
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN query.oid IS NULL THEN d.classid
                ELSE 'pg_catalog.pg_class'::regclass::oid END AS classid,
            CASE WHEN query.oid IS NULL THEN d.objid ELSE query.ev_class END AS objid,
            CASE WHEN query.oid IS NULL THEN d.objsubid ELSE 0 END AS objsubid
    ) AS next
    WHERE (next.classid, next.objid) <> (found.classid, found.objid)
        AND NOT EXISTS (
            SELECT FROM root
            WHERE next.classid = 'pg_catalog.pg_class'::regclass AND root.oid = next.objid)
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE next.classid = 'pg_catalog.pg_class'::regclass AND c.oid = next.objid
                AND (c.relkind = 't' OR n.nspname = ANY ($3::text[])))
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_proc AS p
            JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
            WHERE next.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = next.objid
                AND n.nspname = ANY ($3::text[]))
), relation AS (
    SELECT f.objid AS oid, EXISTS (SELECT FROM root WHERE root.oid = f.objid) AS is_root
    FROM found AS f
    JOIN pg_catalog.pg_class AS c ON c.oid = f.objid
    WHERE f.classid = 'pg_catalog.pg_class'::regclass AND f.objsubid = 0
        AND (c.relkind IN ('v', 'm') OR EXISTS (SELECT FROM root WHERE root.oid = c.oid))
), judged AS (
    SELECT f.classid, f.objid, f.objsubid, CASE f.classid
        WHEN 'pg_catalog.pg_class'::regclass THEN (
            SELECT CASE
                WHEN r.is_root THEN 'root'
                WHEN r.oid IS NOT NULL AND c.relpersistence = 'p' AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                        AND d.deptype = 'e') THEN 'view'
                WHEN EXISTS (
                    SELECT FROM pg_catalog.pg_index AS i
                    JOIN relation ON relation.oid = i.indrelid
                    WHERE i.indexrelid = c.oid) THEN NULL
                ELSE 'other' END
            FROM pg_catalog.pg_class AS c
            LEFT JOIN relation AS r ON r.oid = c.oid
            WHERE c.oid = f.objid)
        WHEN 'pg_catalog.pg_type'::regclass THEN (
            SELECT CASE WHEN EXISTS (
                SELECT FROM relation WHERE relation.oid IN (t.typrelid, e.typrelid)
            ) THEN NULL ELSE 'other' END
            FROM pg_catalog.pg_type AS t
            LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem
            WHERE t.oid = f.objid)
        WHEN 'pg_catalog.pg_attrdef'::regclass THEN (
            SELECT CASE WHEN r.oid IS NULL THEN 'other' END
            FROM pg_catalog.pg_attrdef AS k
            LEFT JOIN relation AS r ON r.oid = k.adrelid WHERE k.oid = f.objid)
        WHEN 'pg_catalog.pg_constraint'::regclass THEN (
            SELECT CASE WHEN r.oid IS NULL THEN 'other' END
            FROM pg_catalog.pg_constraint AS k
            LEFT JOIN relation AS r ON r.oid = k.conrelid WHERE k.oid = f.objid)
        WHEN 'pg_catalog.pg_statistic_ext'::regclass THEN (
            SELECT CASE WHEN r.oid IS NULL THEN 'other' END
            FROM pg_catalog.pg_statistic_ext AS k
            LEFT JOIN relation AS r ON r.oid = k.stxrelid WHERE k.oid = f.objid)
        WHEN 'pg_catalog.pg_rewrite'::regclass THEN (
            SELECT CASE WHEN r.is_root THEN 'part' WHEN r.oid IS NULL THEN 'other' END
            FROM pg_catalog.pg_rewrite AS k
            LEFT JOIN relation AS r ON r.oid = k.ev_class WHERE k.oid = f.objid)
        WHEN 'pg_catalog.pg_trigger'::regclass THEN (
            SELECT CASE
                WHEN n.nspname = ANY ($3::text[]) AND r.is_root THEN NULL
                WHEN r.is_root THEN 'part'
                WHEN r.oid IS NULL THEN 'other' END
            FROM pg_catalog.pg_trigger AS k
            JOIN pg_catalog.pg_proc AS p ON p.oid = k.tgfoid
            JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
            LEFT JOIN relation AS r ON r.oid = k.tgrelid WHERE k.oid = f.objid)
        ELSE 'other' END AS way
    FROM found AS f
), me AS (
    SELECT r.rolname, r.rolsuper,
        CASE WHEN pg_catalog.current_setting('server_version_num')::int4 >= 160000
            THEN 'SET' ELSE 'MEMBER' END AS may_become
    FROM pg_catalog.pg_roles AS r WHERE r.rolname = session_user
)
SELECT j.way, j.objid::int8,
    pg_catalog.pg_describe_object(j.classid, j.objid, j.objsubid),
    n.nspname::text, c.relname::text, owner.rolname::text,
    -- whether the session can become the owner, who can create it again
    pg_catalog.pg_has_role(me.rolname, owner.oid, me.may_become),
    pg_catalog.has_schema_privilege(owner.oid, n.oid, 'CREATE'), me.rolsuper,
    -- the relations below it
    (SELECT pg_catalog.array_agg(DISTINCT d.refobjid::int8)
        FROM pg_catalog.pg_rewrite AS k
        JOIN pg_catalog.pg_depend AS d
            ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = k.oid
                AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> c.oid
        WHERE k.ev_class = c.oid AND k.rulename = '_RETURN')
FROM judged AS j
CROSS JOIN me
LEFT JOIN pg_catalog.pg_class AS c
    ON j.classid = 'pg_catalog.pg_class'::regclass AND c.oid = j.objid
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_roles AS owner ON owner.oid = c.relowner
WHERE j.way IS NOT NULL
ORDER BY 3
