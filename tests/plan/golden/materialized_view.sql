-- create
CREATE FOREIGN DATA WRAPPER "any";
ALTER FOREIGN DATA WRAPPER "any" OWNER TO postgres;
CREATE SERVER place FOREIGN DATA WRAPPER "any";
ALTER SERVER place OWNER TO postgres;
CREATE FOREIGN TABLE "x c"."ta'ble" (
    a integer,
    "no te" text
) SERVER place;
ALTER FOREIGN TABLE "x c"."ta'ble" OWNER TO postgres;
CREATE MATERIALIZED VIEW "x c"."vi'ew" AS
SELECT t.a,
    t."no te"
   FROM "x c"."ta'ble" t,
    "x c".parent p
WITH NO DATA;
CREATE UNIQUE INDEX "by a" ON "x c"."vi'ew" (a);
CREATE INDEX "lo'wer" ON "x c"."vi'ew" ((lower("no te")) DESC NULLS LAST, "no te" pg_catalog.text_pattern_ops, "no te" COLLATE pg_catalog."C" NULLS FIRST, ((a + 1))) INCLUDE (a) WITH (fillfactor = '70') WHERE (a > 0);
COMMENT ON INDEX "x c"."lo'wer" IS '100% ''ours''';
COMMENT ON MATERIALIZED VIEW "x c"."vi'ew" IS 'it''s';
ALTER MATERIALIZED VIEW "x c"."vi'ew" OWNER TO postgres;
GRANT SELECT ON TABLE "x c"."vi'ew" TO "xc app";

-- rename an index
ALTER INDEX "x c"."lo'wer" RENAME TO lower;

-- change indexes and a comment
DROP INDEX "x c"."by a";
CREATE UNIQUE INDEX "by a" ON "x c"."vi'ew" (a) NULLS NOT DISTINCT;
CREATE INDEX "hash'ed" ON "x c"."vi'ew" USING hash ("no te");
COMMENT ON INDEX "x c".lower IS NULL;

-- drop the indexes
DROP INDEX "x c"."by a";
DROP INDEX "x c"."hash'ed";
DROP INDEX "x c".lower;

-- grant
GRANT SELECT ON TABLE "x c"."vi'ew" TO PUBLIC;
GRANT SELECT ON TABLE "x c"."vi'ew" TO "xc app" WITH GRANT OPTION;

-- revoke some
REVOKE SELECT ON TABLE "x c"."vi'ew" FROM PUBLIC;
REVOKE GRANT OPTION FOR SELECT ON TABLE "x c"."vi'ew" FROM "xc app";

-- change the owner
ALTER MATERIALIZED VIEW "x c"."vi'ew" OWNER TO "xc app";

-- grant to the former owner
GRANT SELECT ON TABLE "x c"."vi'ew" TO postgres;

-- change the comment
COMMENT ON MATERIALIZED VIEW "x c"."vi'ew" IS 'two';

-- remove the comment
COMMENT ON MATERIALIZED VIEW "x c"."vi'ew" IS NULL;

-- comment and grant on a column
ALTER MATERIALIZED VIEW "x c"."vi'ew" OWNER TO postgres;
COMMENT ON COLUMN "x c"."vi'ew".a IS 'A%';
GRANT SELECT (a) ON TABLE "x c"."vi'ew" TO "xc app";

-- rename
ALTER MATERIALIZED VIEW "x c"."vi'ew" RENAME TO "view two";

-- move to another schema
ALTER MATERIALIZED VIEW "x c"."view two" SET SCHEMA other;

-- move and rename at once
ALTER MATERIALIZED VIEW other."view two" RENAME TO "exclave renaming";
ALTER MATERIALIZED VIEW other."exclave renaming" SET SCHEMA "x c";
ALTER MATERIALIZED VIEW "x c"."exclave renaming" RENAME TO third;
CREATE UNIQUE INDEX "by a" ON "x c".third (a);
COMMENT ON MATERIALIZED VIEW "x c".third IS 'kept';
GRANT SELECT ON TABLE "x c".third TO "xc'other%";

-- replace the query, and put back what stood on it
DROP MATERIALIZED VIEW "x c".third CASCADE;
CREATE MATERIALIZED VIEW "x c".third AS
SELECT p.id AS a,
    p.note AS "no te"
   FROM "x c".parent p,
    "x c".second s
WITH NO DATA;
CREATE UNIQUE INDEX "by a" ON "x c".third (a);
COMMENT ON MATERIALIZED VIEW "x c".third IS 'kept';
ALTER MATERIALIZED VIEW "x c".third OWNER TO postgres;
GRANT SELECT ON TABLE "x c".third TO "xc'other%";
COMMENT ON COLUMN "x c".third.a IS 'A%';
GRANT SELECT (a) ON TABLE "x c".third TO "xc app";

-- drop
DROP MATERIALIZED VIEW "x c".third CASCADE;
