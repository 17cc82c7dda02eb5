-- create
CREATE FOREIGN DATA WRAPPER "any";
ALTER FOREIGN DATA WRAPPER "any" OWNER TO postgres;
CREATE SERVER place FOREIGN DATA WRAPPER "any";
ALTER SERVER place OWNER TO postgres;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER "any";
ALTER SERVER elsewhere OWNER TO postgres;
CREATE FOREIGN TABLE "x c"."ta'ble" (
    id integer,
    "no te" text
) SERVER place OPTIONS ("table" 't%');
COMMENT ON FOREIGN TABLE "x c"."ta'ble" IS 'it''s';
ALTER FOREIGN TABLE "x c"."ta'ble" OWNER TO postgres;

-- add, set and drop options
ALTER FOREIGN TABLE "x c"."ta'ble" OPTIONS (SET "table" 'u', ADD schema_name 'S 1');

-- drop all options
ALTER FOREIGN TABLE "x c"."ta'ble" OPTIONS (DROP "table", DROP schema_name);

-- change the comment
COMMENT ON FOREIGN TABLE "x c"."ta'ble" IS 'two';

-- remove the comment
COMMENT ON FOREIGN TABLE "x c"."ta'ble" IS NULL;

-- grant
GRANT SELECT ON TABLE "x c"."ta'ble" TO PUBLIC;
GRANT SELECT ON TABLE "x c"."ta'ble" TO "xc app";
GRANT INSERT ON TABLE "x c"."ta'ble" TO "xc app" WITH GRANT OPTION;

-- revoke some
REVOKE SELECT ON TABLE "x c"."ta'ble" FROM PUBLIC;
REVOKE GRANT OPTION FOR INSERT ON TABLE "x c"."ta'ble" FROM "xc app";

-- change the owner
ALTER FOREIGN TABLE "x c"."ta'ble" OWNER TO "xc app";

-- grant to the former owner
GRANT TRUNCATE ON TABLE "x c"."ta'ble" TO postgres;

-- add checks
ALTER FOREIGN TABLE "x c"."ta'ble" ADD CONSTRAINT pos CHECK ((id > 0));
ALTER FOREIGN TABLE "x c"."ta'ble" ADD CONSTRAINT "sol""o" CHECK (true) NO INHERIT;

-- change a check
ALTER FOREIGN TABLE "x c"."ta'ble" DROP CONSTRAINT pos;
ALTER FOREIGN TABLE "x c"."ta'ble" DROP CONSTRAINT "sol""o";
ALTER FOREIGN TABLE "x c"."ta'ble" ADD CONSTRAINT pos CHECK ((id > 1));
ALTER FOREIGN TABLE "x c"."ta'ble" ADD CONSTRAINT "sol""o" CHECK (true);

-- drop the checks
ALTER FOREIGN TABLE "x c"."ta'ble" DROP CONSTRAINT pos;
ALTER FOREIGN TABLE "x c"."ta'ble" DROP CONSTRAINT "sol""o";

-- rename
ALTER FOREIGN TABLE "x c"."ta'ble" RENAME TO "table two";

-- move to another schema
ALTER FOREIGN TABLE "x c"."table two" SET SCHEMA other;

-- move and rename at once
ALTER FOREIGN TABLE other."table two" SET SCHEMA "x c";
ALTER FOREIGN TABLE "x c"."table two" RENAME TO third;

-- comment and grant again
COMMENT ON FOREIGN TABLE "x c".third IS 'kept';
REVOKE TRUNCATE ON TABLE "x c".third FROM postgres;
GRANT DELETE ON TABLE "x c".third TO "xc'other%";

-- replace for another server
DROP FOREIGN TABLE "x c".third CASCADE;
CREATE FOREIGN TABLE "x c".third (
    id integer,
    "no te" text
) SERVER elsewhere;
COMMENT ON FOREIGN TABLE "x c".third IS 'kept';
ALTER FOREIGN TABLE "x c".third OWNER TO "xc app";
GRANT DELETE ON TABLE "x c".third TO "xc'other%";

-- drop
DROP FOREIGN TABLE "x c".third CASCADE;
