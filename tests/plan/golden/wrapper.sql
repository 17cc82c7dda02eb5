-- create
CREATE FOREIGN DATA WRAPPER "wrap""per" OPTIONS (mode 'it''s', empty '');
COMMENT ON FOREIGN DATA WRAPPER "wrap""per" IS '100% ''ours''';
ALTER FOREIGN DATA WRAPPER "wrap""per" OWNER TO postgres;
GRANT USAGE ON FOREIGN DATA WRAPPER "wrap""per" TO "xc app";

-- add, set and drop options
ALTER FOREIGN DATA WRAPPER "wrap""per" OPTIONS (DROP empty, SET mode E'back\\slash', ADD "ne w" '1');

-- set the validator
ALTER FOREIGN DATA WRAPPER "wrap""per" VALIDATOR pg_catalog.postgresql_fdw_validator OPTIONS (DROP mode, DROP "ne w");

-- set the handler
ALTER FOREIGN DATA WRAPPER "wrap""per" HANDLER public.file_fdw_handler;

-- take both away
ALTER FOREIGN DATA WRAPPER "wrap""per" NO HANDLER NO VALIDATOR;

-- allow to grant on
GRANT USAGE ON FOREIGN DATA WRAPPER "wrap""per" TO PUBLIC;
GRANT USAGE ON FOREIGN DATA WRAPPER "wrap""per" TO "xc app" WITH GRANT OPTION;

-- take the grant option away
REVOKE USAGE ON FOREIGN DATA WRAPPER "wrap""per" FROM PUBLIC;
REVOKE GRANT OPTION FOR USAGE ON FOREIGN DATA WRAPPER "wrap""per" FROM "xc app";

-- revoke all
REVOKE USAGE ON FOREIGN DATA WRAPPER "wrap""per" FROM "xc app";

-- change the comment
COMMENT ON FOREIGN DATA WRAPPER "wrap""per" IS 'another';

-- remove the comment
COMMENT ON FOREIGN DATA WRAPPER "wrap""per" IS NULL;

-- rename
ALTER FOREIGN DATA WRAPPER "wrap""per" RENAME TO wrapped;

-- drop
DROP FOREIGN DATA WRAPPER wrapped CASCADE;
