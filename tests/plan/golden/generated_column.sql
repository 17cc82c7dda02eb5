-- create
CREATE FOREIGN DATA WRAPPER "any";
ALTER FOREIGN DATA WRAPPER "any" OWNER TO postgres;
CREATE SERVER place FOREIGN DATA WRAPPER "any";
ALTER SERVER place OWNER TO postgres;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER "any";
ALTER SERVER elsewhere OWNER TO postgres;
CREATE FOREIGN TABLE "x c"."ta'ble" (
    a integer,
    g bigint GENERATED ALWAYS AS ((a * 2)) STORED
) SERVER place;
ALTER FOREIGN TABLE "x c"."ta'ble" OWNER TO postgres;
COMMENT ON COLUMN "x c"."ta'ble".g IS 'g';

-- change the type of what it is computed from
ALTER FOREIGN TABLE "x c"."ta'ble" DROP COLUMN g;
ALTER FOREIGN TABLE "x c"."ta'ble" ALTER COLUMN a TYPE bigint;
ALTER FOREIGN TABLE "x c"."ta'ble" ADD COLUMN g bigint GENERATED ALWAYS AS ((a * 2)) STORED;
COMMENT ON COLUMN "x c"."ta'ble".g IS 'g';

-- drop it and its base
ALTER FOREIGN TABLE "x c"."ta'ble" DROP COLUMN g;
ALTER FOREIGN TABLE "x c"."ta'ble" DROP COLUMN a;
ALTER FOREIGN TABLE "x c"."ta'ble" ADD COLUMN z text;

-- drop
DROP FOREIGN TABLE "x c"."ta'ble" CASCADE;
