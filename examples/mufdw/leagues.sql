CREATE EXTENSION exclave_fdw;
SELECT exclave.create_wrapper('leagues', 'leagues:Leagues');
CREATE SERVER leagues FOREIGN DATA WRAPPER leagues;
CREATE FOREIGN TABLE first_league (nick text, score int) SERVER leagues OPTIONS (league '1');
SELECT * FROM first_league ORDER BY score;
