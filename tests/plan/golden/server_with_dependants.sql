-- create
CREATE FOREIGN DATA WRAPPER "any";
ALTER FOREIGN DATA WRAPPER "any" OWNER TO postgres;
CREATE FOREIGN DATA WRAPPER "some other";
ALTER FOREIGN DATA WRAPPER "some other" OWNER TO postgres;
CREATE SERVER place FOREIGN DATA WRAPPER "any";
ALTER SERVER place OWNER TO postgres;
CREATE USER MAPPING FOR "xc app" SERVER place OPTIONS ("user" 'u', password :'secret');
CREATE FOREIGN TABLE "x c".there (
    id integer
) SERVER place;
COMMENT ON FOREIGN TABLE "x c".there IS 'kept too';
ALTER FOREIGN TABLE "x c".there OWNER TO postgres;
GRANT SELECT ON TABLE "x c".there TO PUBLIC;
GRANT INSERT ON TABLE "x c".there TO "xc app";
COMMENT ON COLUMN "x c".there.id IS 'kept';
GRANT SELECT (id) ON TABLE "x c".there TO "xc app";

-- replace the server, and put back what stands on it
DROP FOREIGN TABLE "x c".there CASCADE;
DROP USER MAPPING FOR "xc app" SERVER place;
DROP SERVER place CASCADE;
CREATE SERVER place FOREIGN DATA WRAPPER "some other";
ALTER SERVER place OWNER TO postgres;
CREATE USER MAPPING FOR "xc app" SERVER place OPTIONS ("user" 'u', password :'secret');
CREATE FOREIGN TABLE "x c".there (
    id integer
) SERVER place;
COMMENT ON FOREIGN TABLE "x c".there IS 'kept too';
ALTER FOREIGN TABLE "x c".there OWNER TO postgres;
GRANT SELECT ON TABLE "x c".there TO PUBLIC;
GRANT INSERT ON TABLE "x c".there TO "xc app";
COMMENT ON COLUMN "x c".there.id IS 'kept';
GRANT SELECT (id) ON TABLE "x c".there TO "xc app";

-- drop
DROP FOREIGN TABLE "x c".there CASCADE;
DROP USER MAPPING FOR "xc app" SERVER place;
DROP SERVER place CASCADE;
