-- create for a role
CREATE FOREIGN DATA WRAPPER "any";
ALTER FOREIGN DATA WRAPPER "any" OWNER TO postgres;
CREATE SERVER place FOREIGN DATA WRAPPER "any";
ALTER SERVER place OWNER TO postgres;
CREATE USER MAPPING FOR "xc app" SERVER place OPTIONS ("user" 'u''%', password :'secret');

-- rotate the secret
ALTER USER MAPPING FOR "xc app" SERVER place OPTIONS (SET password :'secret');

-- add, set and drop options
ALTER USER MAPPING FOR "xc app" SERVER place OPTIONS (DROP password, SET "user" 'v', ADD token :'secret');

-- drop all options
ALTER USER MAPPING FOR "xc app" SERVER place OPTIONS (DROP "user", DROP token);

-- replace by one for PUBLIC
DROP USER MAPPING FOR "xc app" SERVER place;
CREATE USER MAPPING FOR PUBLIC SERVER place OPTIONS ("user" 'all');

-- drop
DROP USER MAPPING FOR PUBLIC SERVER place;
