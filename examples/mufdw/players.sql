CREATE EXTENSION mufdw;

CREATE SERVER loopback FOREIGN DATA WRAPPER mufdw;

CREATE USER MAPPING FOR PUBLIC SERVER loopback;

CREATE TABLE players(id int primary key, nick text, score int);
INSERT INTO players SELECT i, 'nick_'||i, i*10 from generate_series(1,10) i;

CREATE FOREIGN TABLE f_players (id int, nick text, score int) server loopback options (table_name 'players', schema_name 'public');

SELECT * FROM f_players;
