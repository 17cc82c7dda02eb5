-- create
CREATE EXTENSION postgres_fdw SCHEMA "x c" VERSION "1.0";

-- update to a later version
ALTER EXTENSION postgres_fdw UPDATE TO "1.1";

-- move to another schema
ALTER EXTENSION postgres_fdw SET SCHEMA other;
