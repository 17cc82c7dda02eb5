-- create
CREATE FOREIGN DATA WRAPPER "any";
ALTER FOREIGN DATA WRAPPER "any" OWNER TO postgres;
CREATE SERVER place FOREIGN DATA WRAPPER "any";
ALTER SERVER place OWNER TO postgres;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER "any";
ALTER SERVER elsewhere OWNER TO postgres;
CREATE FOREIGN TABLE "x c"."ta'ble" (
    a integer,
    v integer GENERATED ALWAYS AS ((a * 2)) VIRTUAL
) SERVER place;
ALTER FOREIGN TABLE "x c"."ta'ble" OWNER TO postgres;

-- make it stored
ALTER FOREIGN TABLE "x c"."ta'ble" DROP COLUMN v;
ALTER FOREIGN TABLE "x c"."ta'ble" ADD COLUMN v integer GENERATED ALWAYS AS ((a * 2)) STORED;

-- drop
DROP FOREIGN TABLE "x c"."ta'ble" CASCADE;
