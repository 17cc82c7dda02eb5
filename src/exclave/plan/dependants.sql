-- What would be lost with relations that are dropped: views, triggers, policies, functions and
-- others that depend on them, one row each.
SELECT DISTINCT
    asked.schema,
    asked.name,
    pg_catalog.pg_describe_object(
        CASE WHEN rule.oid IS NOT NULL THEN 'pg_catalog.pg_class'::regclass::oid ELSE d.classid END,
        CASE WHEN rule.oid IS NOT NULL THEN rule.ev_class ELSE d.objid END,
        0)
FROM ROWS FROM (
    pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])
) AS asked(schema, name)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = asked.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = asked.name
JOIN pg_catalog.pg_type AS t ON t.typrelid = c.oid
JOIN pg_catalog.pg_depend AS d
    ON (d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid)
    OR (d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray))
LEFT JOIN pg_catalog.pg_rewrite AS rule
    ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND rule.oid = d.objid
        AND rule.ev_class <> c.oid
LEFT JOIN pg_catalog.pg_trigger AS trigger
    ON d.classid = 'pg_catalog.pg_trigger'::regclass AND trigger.oid = d.objid
WHERE NOT (d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid)
    AND NOT (d.classid = 'pg_catalog.pg_type'::regclass AND d.objid IN (t.oid, t.typarray))
    AND d.classid NOT IN (
        'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_attrdef'::regclass)
    AND (trigger.oid IS NULL OR NOT trigger.tgisinternal)
    AND NOT (d.deptype IN ('i', 'a') AND d.classid = 'pg_catalog.pg_class'::regclass
        AND (SELECT k.relkind FROM pg_catalog.pg_class AS k WHERE k.oid = d.objid) IN ('S', 't'))
ORDER BY 1, 2, 3
