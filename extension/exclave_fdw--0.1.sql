\echo Use "CREATE EXTENSION exclave_fdw" to load this file. \quit

-- makes a wrapper of a Python class: its handler and its validator, which know the class, and itself;
-- both arguments are text, so that no overload that somebody adds is a better match for literals
CREATE FUNCTION create_wrapper(name text, class text) RETURNS void
AS 'MODULE_PATHNAME', 'exclave_create_wrapper' LANGUAGE C STRICT;

REVOKE ALL ON FUNCTION create_wrapper(text, text) FROM PUBLIC;

-- what runs: for questions about an installation
CREATE FUNCTION python_version() RETURNS text
AS 'MODULE_PATHNAME', 'exclave_python_version' LANGUAGE C STRICT;

REVOKE ALL ON FUNCTION python_version() FROM PUBLIC;
