-- create as a partition
CREATE FOREIGN DATA WRAPPER "any";
ALTER FOREIGN DATA WRAPPER "any" OWNER TO postgres;
CREATE SERVER place FOREIGN DATA WRAPPER "any";
ALTER SERVER place OWNER TO postgres;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER "any";
ALTER SERVER elsewhere OWNER TO postgres;
CREATE FOREIGN TABLE "x c"."ta'ble" (
    k text,
    v integer
) SERVER place;
ALTER TABLE "x c".parted ATTACH PARTITION "x c"."ta'ble" FOR VALUES IN ('a');
ALTER FOREIGN TABLE "x c"."ta'ble" OWNER TO postgres;

-- change the bound
ALTER TABLE "x c".parted DETACH PARTITION "x c"."ta'ble";
ALTER TABLE "x c".parted ATTACH PARTITION "x c"."ta'ble" FOR VALUES IN ('a', 'it''s');

-- detach
ALTER TABLE "x c".parted DETACH PARTITION "x c"."ta'ble";

-- attach as the default
ALTER TABLE "x c".parted ATTACH PARTITION "x c"."ta'ble" DEFAULT;

-- drop
DROP FOREIGN TABLE "x c"."ta'ble" CASCADE;
