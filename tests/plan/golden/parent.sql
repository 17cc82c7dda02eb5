-- create as a child
CREATE FOREIGN DATA WRAPPER "any";
ALTER FOREIGN DATA WRAPPER "any" OWNER TO postgres;
CREATE SERVER place FOREIGN DATA WRAPPER "any";
ALTER SERVER place OWNER TO postgres;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER "any";
ALTER SERVER elsewhere OWNER TO postgres;
CREATE FOREIGN TABLE "x c"."ta'ble" (
    id integer,
    note text
) SERVER place;
ALTER FOREIGN TABLE "x c"."ta'ble" INHERIT "x c".parent;
ALTER FOREIGN TABLE "x c"."ta'ble" OWNER TO postgres;

-- another parent too
ALTER FOREIGN TABLE "x c"."ta'ble" INHERIT "x c".second;

-- one parent less
ALTER FOREIGN TABLE "x c"."ta'ble" NO INHERIT "x c".parent;

-- add a column
ALTER FOREIGN TABLE "x c"."ta'ble" NO INHERIT "x c".second;
ALTER FOREIGN TABLE "x c"."ta'ble" ADD COLUMN own date;
ALTER FOREIGN TABLE "x c"."ta'ble" INHERIT "x c".second;

-- no parent
ALTER FOREIGN TABLE "x c"."ta'ble" NO INHERIT "x c".second;

-- drop
DROP FOREIGN TABLE "x c"."ta'ble" CASCADE;
