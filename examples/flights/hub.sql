-- What the hub's administrator does once; all the rest is done by the role `app`.
CREATE ROLE app LOGIN;
ALTER DATABASE hub OWNER TO app;
CREATE EXTENSION postgres_fdw;
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO app;
