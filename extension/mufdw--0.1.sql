\echo Use "CREATE EXTENSION mufdw" to load this file. \quit

-- The host is a library, so the extension exclave_fdw need not be there.
CREATE FUNCTION mufdw_handler() RETURNS fdw_handler
AS 'MODULE_PATHNAME', 'exclave_handler' LANGUAGE C STRICT
SET exclave_fdw.class = 'exclave.wrappers.mufdw:Mufdw';

CREATE FUNCTION mufdw_validator(text[], oid) RETURNS void
AS 'MODULE_PATHNAME', 'exclave_validator' LANGUAGE C STRICT
SET exclave_fdw.class = 'exclave.wrappers.mufdw:Mufdw';

REVOKE ALL ON FUNCTION mufdw_handler(), mufdw_validator(text[], oid) FROM PUBLIC;

CREATE FOREIGN DATA WRAPPER mufdw HANDLER mufdw_handler VALIDATOR mufdw_validator;
