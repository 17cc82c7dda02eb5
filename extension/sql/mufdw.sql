-- CREATE EXTENSION alone makes the wrapper
CREATE EXTENSION mufdw;
CREATE SERVER loopback FOREIGN DATA WRAPPER mufdw;
CREATE USER MAPPING FOR PUBLIC SERVER loopback;
CREATE TABLE players (id int PRIMARY KEY, nick text, score int);
INSERT INTO players SELECT i, 'nick_' || i, i * 10 FROM generate_series(1, 10) AS i;

-- a table needs both options, and no others
CREATE FOREIGN TABLE f_players (id int, nick text, score int) SERVER loopback;
CREATE FOREIGN TABLE f_players (id int, nick text, score int) SERVER loopback
    OPTIONS (table_name 'players');
CREATE FOREIGN TABLE f_players (id int, nick text, score int) SERVER loopback
    OPTIONS (schema_name 'public');
CREATE FOREIGN TABLE f_players (id int, nick text, score int) SERVER loopback
    OPTIONS (table_name 'players', schema_name 'public', blah 'foo');
-- nothing else takes any
ALTER FOREIGN DATA WRAPPER mufdw OPTIONS (ADD blah 'foo');
CREATE SERVER other FOREIGN DATA WRAPPER mufdw OPTIONS (table_name 'players');
CREATE USER MAPPING FOR CURRENT_USER SERVER loopback OPTIONS (password 'foo');
CREATE FOREIGN TABLE f_players (id int OPTIONS (column_name 'x')) SERVER loopback
    OPTIONS (table_name 'players', schema_name 'public');

-- rows, a filter, an order
CREATE FOREIGN TABLE f_players (id int, nick text, score int) SERVER loopback
    OPTIONS (table_name 'players', schema_name 'public');
ALTER FOREIGN TABLE f_players OPTIONS (DROP table_name);
ALTER FOREIGN TABLE f_players OPTIONS (SET table_nam 'players');
EXPLAIN (COSTS OFF) SELECT * FROM f_players WHERE id > 5 ORDER BY id;
SELECT * FROM f_players WHERE id > 5 ORDER BY id;
SELECT count(*), sum(score), max(nick) FROM f_players;
SELECT a.id, b.nick FROM f_players a JOIN f_players b ON a.id = b.score;
SELECT f_players FROM f_players WHERE id = 1;

-- columns are found by name, in any order; types are converted as INSERT would
CREATE FOREIGN TABLE some_players (score bigint, "nick" varchar(10)) SERVER loopback
    OPTIONS (table_name 'players', schema_name 'public');
SELECT * FROM some_players ORDER BY score LIMIT 2;
CREATE FOREIGN TABLE wrong_players (id text, nick int, missing int) SERVER loopback
    OPTIONS (table_name 'players', schema_name 'public');
SELECT id FROM wrong_players ORDER BY id LIMIT 2;
SELECT nick FROM wrong_players;
SELECT missing FROM wrong_players;
ALTER FOREIGN TABLE wrong_players OPTIONS (SET table_name 'no"thing; --');
SELECT id FROM wrong_players;

-- names that need quotes
CREATE SCHEMA "Sch""ema";
CREATE VIEW "Sch""ema"."select" AS SELECT id AS "order", nick AS "a""b" FROM players;
CREATE FOREIGN TABLE quoted ("order" int, "a""b" text) SERVER loopback
    OPTIONS (schema_name 'Sch"ema', table_name 'select');
SELECT * FROM quoted ORDER BY "order" LIMIT 2;

-- the same transaction and snapshot
BEGIN;
INSERT INTO players SELECT id + 10, nick, score FROM f_players;
SELECT count(*) FROM f_players;
ROLLBACK;
SELECT count(*) FROM f_players;

-- a reader has the rights on the foreign table only
CREATE ROLE regress_mufdw_reader;
GRANT SELECT ON f_players TO regress_mufdw_reader;
SET ROLE regress_mufdw_reader;
SELECT count(*) FROM f_players;
RESET ROLE;
CREATE VIEW v_players AS SELECT * FROM f_players;
GRANT SELECT ON v_players TO regress_mufdw_reader;
SET ROLE regress_mufdw_reader;
SELECT count(*) FROM v_players;
RESET ROLE;

-- only reading
INSERT INTO f_players VALUES (11);
DELETE FROM f_players;

DROP OWNED BY regress_mufdw_reader;
DROP ROLE regress_mufdw_reader;
DROP EXTENSION mufdw;
\set VERBOSITY terse
DROP EXTENSION mufdw CASCADE;
