-- What would be lost with relations that are dropped: views, triggers, policies, functions and
-- others that depend on them, and what depends on those; one row each, with what it depends on.
-- Relations to spare are lost to none of them: they are dropped by themselves, or detached before.
WITH RECURSIVE root AS (
    SELECT c.oid, asked.schema, asked.name
    FROM ROWS FROM (
        pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])
    ) AS asked(schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = asked.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = asked.name
), spared AS (
    SELECT c.oid
    FROM ROWS FROM (
        pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[])
    ) AS asked(schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = asked.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = asked.name
), lost AS (
    SELECT root.schema, root.name, 'pg_catalog.pg_class'::regclass::oid AS classid,
        root.oid AS objid, 0 AS objsubid, false AS shown, NULL::text AS needed
    FROM root
    UNION
    SELECT lost.schema, lost.name, found.classid, found.objid, found.objsubid, found.shown,
        -- row types, array types and the like are no news: they stand for what they belong to
        CASE WHEN lost.shown
            THEN pg_catalog.pg_describe_object(lost.classid, lost.objid, lost.objsubid)
            ELSE lost.needed END
    FROM lost
    JOIN pg_catalog.pg_depend AS d
        ON d.refclassid = lost.classid AND d.refobjid = lost.objid
            AND (lost.objsubid = 0 OR d.refobjsubid = lost.objsubid)
    LEFT JOIN pg_catalog.pg_rewrite AS query
        ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND query.oid = d.objid
            AND query.rulename = '_RETURN'
    LEFT JOIN pg_catalog.pg_trigger AS trigger
        ON d.classid = 'pg_catalog.pg_trigger'::regclass AND trigger.oid = d.objid
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN query.oid IS NULL THEN d.classid
                ELSE 'pg_catalog.pg_class'::regclass::oid END AS classid,
            CASE WHEN query.oid IS NULL THEN d.objid ELSE query.ev_class END AS objid,
            CASE WHEN query.oid IS NULL THEN d.objsubid ELSE 0 END AS objsubid,
            trigger.tgisinternal IS NOT TRUE AND (d.deptype = 'n' OR d.deptype = 'a'
                AND d.classid IN (
                    'pg_catalog.pg_trigger'::regclass, 'pg_catalog.pg_rewrite'::regclass,
                    'pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_statistic_ext'::regclass,
                    'pg_catalog.pg_class'::regclass)
                AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_class AS k
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND k.oid = d.objid
                        AND k.relkind IN ('S', 't', 'i', 'I'))) AS shown
    ) AS found
    WHERE (found.classid, found.objid) <> (lost.classid, lost.objid)
        AND NOT (found.classid = 'pg_catalog.pg_class'::regclass AND EXISTS (
            SELECT FROM root WHERE root.oid = found.objid))
        -- their columns may still be lost: those of a lost row type
        AND NOT (found.classid = 'pg_catalog.pg_class'::regclass AND found.objsubid = 0 AND EXISTS (
            SELECT FROM spared WHERE spared.oid = found.objid))
        -- CHECKs and defaults of the relations themselves are created again with them
        AND NOT (found.classid = 'pg_catalog.pg_constraint'::regclass AND EXISTS (
            SELECT FROM pg_catalog.pg_constraint AS k
            JOIN root ON root.oid = k.conrelid WHERE k.oid = found.objid))
        AND NOT (found.classid = 'pg_catalog.pg_attrdef'::regclass AND EXISTS (
            SELECT FROM pg_catalog.pg_attrdef AS k
            JOIN root ON root.oid = k.adrelid WHERE k.oid = found.objid))
)
SELECT DISTINCT lost.schema, lost.name,
    pg_catalog.pg_describe_object(lost.classid, lost.objid, lost.objsubid), lost.needed
FROM lost
WHERE lost.shown
ORDER BY 1, 2, 4 NULLS FIRST, 3
