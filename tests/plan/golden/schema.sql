-- create
CREATE SCHEMA "sche ma";
COMMENT ON SCHEMA "sche ma" IS 'one';
ALTER SCHEMA "sche ma" OWNER TO postgres;
GRANT CREATE, USAGE ON SCHEMA "sche ma" TO "xc app";

-- change privileges
REVOKE USAGE ON SCHEMA "sche ma" FROM "xc app";
GRANT USAGE ON SCHEMA "sche ma" TO PUBLIC;

-- change the owner
ALTER SCHEMA "sche ma" OWNER TO "xc'other%";

-- change the comment
COMMENT ON SCHEMA "sche ma" IS 'two';

-- remove comment and privileges
COMMENT ON SCHEMA "sche ma" IS NULL;
REVOKE USAGE ON SCHEMA "sche ma" FROM PUBLIC;
REVOKE CREATE ON SCHEMA "sche ma" FROM "xc app";

-- drop
DROP SCHEMA "sche ma";
