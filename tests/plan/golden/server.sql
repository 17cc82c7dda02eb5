-- create
CREATE FOREIGN DATA WRAPPER "any";
ALTER FOREIGN DATA WRAPPER "any" OWNER TO postgres;
CREATE FOREIGN DATA WRAPPER "some other";
ALTER FOREIGN DATA WRAPPER "some other" OWNER TO postgres;
CREATE SERVER "ser'ver" TYPE 'kind' VERSION '1' FOREIGN DATA WRAPPER "any" OPTIONS (host 'a%b', port '5432', "on" 'true');
COMMENT ON SERVER "ser'ver" IS 'first';
ALTER SERVER "ser'ver" OWNER TO postgres;
GRANT USAGE ON FOREIGN SERVER "ser'ver" TO "xc app";

-- add, set and drop options
ALTER SERVER "ser'ver" OPTIONS (DROP "on", SET port '5433', ADD dbname ':x');

-- drop all options
ALTER SERVER "ser'ver" OPTIONS (DROP host, DROP port, DROP dbname);

-- change the version
ALTER SERVER "ser'ver" VERSION '2''';

-- remove the version
ALTER SERVER "ser'ver" VERSION NULL;

-- change the owner
ALTER SERVER "ser'ver" OWNER TO "xc app";

-- grant to the former owner
GRANT USAGE ON FOREIGN SERVER "ser'ver" TO postgres;
GRANT USAGE ON FOREIGN SERVER "ser'ver" TO "xc'other%";

-- allow to grant on
REVOKE USAGE ON FOREIGN SERVER "ser'ver" FROM postgres;

-- change the comment
COMMENT ON SERVER "ser'ver" IS 'second';

-- remove the comment
COMMENT ON SERVER "ser'ver" IS NULL;

-- rename
ALTER SERVER "ser'ver" RENAME TO "server two";

-- replace for another type
DROP SERVER "server two" CASCADE;
CREATE SERVER "server two" TYPE 'kind two' FOREIGN DATA WRAPPER "any";
COMMENT ON SERVER "server two" IS 'put back';
ALTER SERVER "server two" OWNER TO "xc app";
GRANT USAGE ON FOREIGN SERVER "server two" TO "xc'other%";

-- replace for another wrapper
DROP SERVER "server two" CASCADE;
CREATE SERVER "server two" TYPE 'kind two' FOREIGN DATA WRAPPER "some other";
COMMENT ON SERVER "server two" IS 'put back';
ALTER SERVER "server two" OWNER TO "xc app";
GRANT USAGE ON FOREIGN SERVER "server two" TO PUBLIC;

-- drop
DROP SERVER "server two" CASCADE;
