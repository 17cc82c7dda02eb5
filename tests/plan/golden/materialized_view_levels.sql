-- create, each after what it reads
CREATE FOREIGN DATA WRAPPER "any";
ALTER FOREIGN DATA WRAPPER "any" OWNER TO postgres;
CREATE SERVER place FOREIGN DATA WRAPPER "any";
ALTER SERVER place OWNER TO postgres;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER "any";
ALTER SERVER elsewhere OWNER TO postgres;
CREATE FOREIGN TABLE "x c"."ta'ble" (
    a integer,
    "no te" text
) SERVER place;
ALTER FOREIGN TABLE "x c"."ta'ble" OWNER TO postgres;
CREATE MATERIALIZED VIEW "x c".first AS
SELECT t.a,
    t."no te"
   FROM "x c"."ta'ble" t,
    "x c".parent p
WITH NO DATA;
CREATE UNIQUE INDEX "unique" ON "x c".first (a);
COMMENT ON MATERIALIZED VIEW "x c".first IS 'kept';
ALTER MATERIALIZED VIEW "x c".first OWNER TO postgres;
CREATE MATERIALIZED VIEW "x c"."a second" AS
SELECT f.a,
    p.note AS "no te"
   FROM "x c".first f,
    "x c".parent p
WITH NO DATA;
ALTER MATERIALIZED VIEW "x c"."a second" OWNER TO postgres;
GRANT SELECT ON TABLE "x c"."a second" TO "xc app";
CREATE MATERIALIZED VIEW "x c"."3rd" AS
SELECT s.a,
    f."no te"
   FROM "x c"."a second" s,
    "x c".first f
WITH NO DATA;
ALTER MATERIALIZED VIEW "x c"."3rd" OWNER TO postgres;

-- another type below all three
DROP MATERIALIZED VIEW "x c"."3rd" CASCADE;
DROP MATERIALIZED VIEW "x c"."a second" CASCADE;
DROP MATERIALIZED VIEW "x c".first CASCADE;
ALTER FOREIGN TABLE "x c"."ta'ble" ALTER COLUMN a TYPE bigint;
CREATE MATERIALIZED VIEW "x c".first AS
SELECT t.a,
    t."no te"
   FROM "x c"."ta'ble" t,
    "x c".parent p
WITH NO DATA;
CREATE UNIQUE INDEX "unique" ON "x c".first (a);
COMMENT ON MATERIALIZED VIEW "x c".first IS 'kept';
ALTER MATERIALIZED VIEW "x c".first OWNER TO postgres;
CREATE MATERIALIZED VIEW "x c"."a second" AS
SELECT f.a,
    p.note AS "no te"
   FROM "x c".first f,
    "x c".parent p
WITH NO DATA;
ALTER MATERIALIZED VIEW "x c"."a second" OWNER TO postgres;
GRANT SELECT ON TABLE "x c"."a second" TO "xc app";
CREATE MATERIALIZED VIEW "x c"."3rd" AS
SELECT s.a,
    f."no te"
   FROM "x c"."a second" s,
    "x c".first f
WITH NO DATA;
ALTER MATERIALIZED VIEW "x c"."3rd" OWNER TO postgres;

-- the table is replaced below all three
DROP MATERIALIZED VIEW "x c"."3rd" CASCADE;
DROP MATERIALIZED VIEW "x c"."a second" CASCADE;
DROP MATERIALIZED VIEW "x c".first CASCADE;
DROP FOREIGN TABLE "x c"."ta'ble" CASCADE;
CREATE FOREIGN TABLE "x c"."ta'ble" (
    a bigint,
    "no te" text
) SERVER elsewhere;
ALTER FOREIGN TABLE "x c"."ta'ble" OWNER TO postgres;
CREATE MATERIALIZED VIEW "x c".first AS
SELECT t.a,
    t."no te"
   FROM "x c"."ta'ble" t,
    "x c".parent p
WITH NO DATA;
CREATE UNIQUE INDEX "unique" ON "x c".first (a);
COMMENT ON MATERIALIZED VIEW "x c".first IS 'kept';
ALTER MATERIALIZED VIEW "x c".first OWNER TO postgres;
CREATE MATERIALIZED VIEW "x c"."a second" AS
SELECT f.a,
    p.note AS "no te"
   FROM "x c".first f,
    "x c".parent p
WITH NO DATA;
ALTER MATERIALIZED VIEW "x c"."a second" OWNER TO postgres;
GRANT SELECT ON TABLE "x c"."a second" TO "xc app";
CREATE MATERIALIZED VIEW "x c"."3rd" AS
SELECT s.a,
    f."no te"
   FROM "x c"."a second" s,
    "x c".first f
WITH NO DATA;
ALTER MATERIALIZED VIEW "x c"."3rd" OWNER TO postgres;

-- the table is renamed, and the query with it
DROP MATERIALIZED VIEW "x c"."3rd" CASCADE;
DROP MATERIALIZED VIEW "x c"."a second" CASCADE;
DROP MATERIALIZED VIEW "x c".first CASCADE;
ALTER FOREIGN TABLE "x c"."ta'ble" RENAME TO "table";
CREATE MATERIALIZED VIEW "x c".first AS
SELECT t.a,
    t."no te"
   FROM "x c"."table" t,
    "x c".parent p
WITH NO DATA;
CREATE UNIQUE INDEX "unique" ON "x c".first (a);
COMMENT ON MATERIALIZED VIEW "x c".first IS 'kept';
ALTER MATERIALIZED VIEW "x c".first OWNER TO postgres;
CREATE MATERIALIZED VIEW "x c"."a second" AS
SELECT f.a,
    p.note AS "no te"
   FROM "x c".first f,
    "x c".parent p
WITH NO DATA;
ALTER MATERIALIZED VIEW "x c"."a second" OWNER TO postgres;
GRANT SELECT ON TABLE "x c"."a second" TO "xc app";
CREATE MATERIALIZED VIEW "x c"."3rd" AS
SELECT s.a,
    f."no te"
   FROM "x c"."a second" s,
    "x c".first f
WITH NO DATA;
ALTER MATERIALIZED VIEW "x c"."3rd" OWNER TO postgres;

-- the last one goes
DROP MATERIALIZED VIEW "x c"."3rd" CASCADE;

-- drop
DROP MATERIALIZED VIEW "x c"."a second" CASCADE;
DROP MATERIALIZED VIEW "x c".first CASCADE;
DROP FOREIGN TABLE "x c"."table" CASCADE;
