CREATE EXTENSION exclave_fdw;
-- a wrapper of a class, with functions of its own
SELECT exclave.create_wrapper('Of "mine"', 'exclave.wrappers.mufdw:Mufdw');
SELECT fdwname, fdwhandler::regproc, fdwvalidator::regproc FROM pg_foreign_data_wrapper WHERE fdwname ~ 'mine';
SELECT proname, proconfig, pg_get_userbyid(proowner) = current_user AS mine
FROM pg_proc WHERE pronamespace = 'exclave'::regnamespace AND proconfig IS NOT NULL ORDER BY 1;
SELECT exclave.create_wrapper('Of "mine"', 'exclave.wrappers.mufdw:Mufdw');
SELECT exclave.create_wrapper(repeat('x', 60)::name, 'exclave.wrappers.mufdw:Mufdw');
SELECT exclave.create_wrapper('none', 'exclave.wrappers.mufdw');
SELECT exclave.create_wrapper('none', 'exclave.fdw:Options');
\set VERBOSITY terse
SELECT exclave.create_wrapper('none', 'no_such_module:Class');
SELECT exclave.create_wrapper('none', 'exclave.wrappers.mufdw:Missing');
\set VERBOSITY default

-- only a superuser chooses a class, and Python
CREATE ROLE regress_exclave_user;
GRANT USAGE ON SCHEMA exclave TO regress_exclave_user;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA exclave TO regress_exclave_user;
GRANT USAGE ON FOREIGN DATA WRAPPER "Of ""mine""" TO regress_exclave_user;
SET ROLE regress_exclave_user;
SELECT exclave.create_wrapper('none', 'exclave.wrappers.mufdw:Mufdw');
ALTER FUNCTION exclave."Of ""mine""_handler"() SET exclave_fdw.class = 'os:system';
SET exclave_fdw.python = '/';
SET exclave_fdw.class = 'os:system';
SET exclave_fdw.other = '';
CREATE SERVER mine FOREIGN DATA WRAPPER "Of ""mine""";
RESET ROLE;

-- a function that names no class
CREATE FUNCTION bare_handler() RETURNS fdw_handler AS '$libdir/exclave_fdw', 'exclave_handler'
LANGUAGE C STRICT;
CREATE FOREIGN DATA WRAPPER bare HANDLER bare_handler;
CREATE SERVER bare FOREIGN DATA WRAPPER bare;
CREATE FOREIGN TABLE bare (id int) SERVER bare;
SELECT * FROM bare;

-- a class of a function that no superuser owns
CREATE FOREIGN TABLE tables (oid oid, relname name) SERVER mine
    OPTIONS (schema_name 'pg_catalog', table_name 'pg_class');
SELECT relname FROM tables WHERE oid = 'pg_class'::regclass;
ALTER FUNCTION exclave."Of ""mine""_handler"() OWNER TO regress_exclave_user;
SELECT relname FROM tables WHERE oid = 'pg_class'::regclass;
ALTER FUNCTION exclave."Of ""mine""_handler"() OWNER TO CURRENT_USER;

-- all goes with the extension
\set VERBOSITY terse
DROP SERVER bare CASCADE;
DROP FOREIGN DATA WRAPPER bare;
DROP FUNCTION bare_handler();
DROP EXTENSION exclave_fdw;
DROP EXTENSION exclave_fdw CASCADE;
SELECT count(*) FROM pg_foreign_data_wrapper;
DROP OWNED BY regress_exclave_user;
DROP ROLE regress_exclave_user;
