-- Real flights in a Parquet file, queried as a table. A superuser runs this.
CREATE EXTENSION exclave_fdw;
SELECT exclave.create_wrapper('files', 'exclave.wrappers.files:Files');
CREATE SERVER files FOREIGN DATA WRAPPER files OPTIONS (root '/srv/data');

-- a table for each file of the folder, with its columns and types
IMPORT FOREIGN SCHEMA "." FROM SERVER files INTO public;

-- a table of our own, to join with
CREATE TABLE airline (carrier text PRIMARY KEY, name text);
INSERT INTO airline VALUES ('B6', 'JetBlue'), ('HA', 'Hawaiian'), ('UA', 'United');

-- an application that may not read the server's files reads through a view
CREATE VIEW departure AS SELECT carrier, origin, dest, dep_delay, time_hour FROM flights;
