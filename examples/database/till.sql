-- A SQLite file, read and written as a table. A superuser runs this.
CREATE EXTENSION exclave_fdw;
SELECT exclave.create_wrapper('database', 'exclave.wrappers.database:Database');
ALTER FOREIGN DATA WRAPPER database OPTIONS (ADD drivers 'sqlite', ADD urls 'sqlite:////srv/data/');
CREATE SERVER till FOREIGN DATA WRAPPER database OPTIONS (url 'sqlite:////srv/data/till.db');

-- a table for each of the file, with types, keys and NOT NULL
IMPORT FOREIGN SCHEMA main FROM SERVER till INTO public;

-- a table of our own, to join with
CREATE TABLE customer (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO customer VALUES (1, 'Ada'), (2, 'Ben');
