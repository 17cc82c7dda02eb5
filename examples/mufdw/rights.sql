-- the foreign table gives nobody more than the table that it shows
CREATE ROLE reader;
GRANT SELECT ON f_players TO reader;
SET ROLE reader;
SELECT count(*) FROM f_players;     -- permission denied for table players
RESET ROLE;

-- through a view, its owner's rights count
CREATE VIEW best_players AS SELECT nick, score FROM f_players WHERE score > 80;
GRANT SELECT ON best_players TO reader;
SET ROLE reader;
SELECT * FROM best_players;
RESET ROLE;
