-- A federation of three members as the layout "union" makes it, over local tables: joined tables
-- of two chunks each, last known rows, and tables of the hub's own, one with the name of a joined one.
CREATE SCHEMA m1; CREATE SCHEMA m2; CREATE SCHEMA m3;
CREATE SCHEMA fed; CREATE SCHEMA fed_private; CREATE SCHEMA local;

CREATE TABLE m1.users (id int, name text, age int, boss int);
CREATE TABLE m2.users (id int, name text, age int, boss int);
CREATE TABLE m3.users (id int, name text, age int, boss int);
CREATE TABLE m1.orders (id int, user_id int, amount numeric, placed date);
CREATE TABLE m2.orders (id int, user_id int, amount numeric, placed date);
CREATE TABLE m3.orders (id int, user_id int, amount numeric, placed date);

INSERT INTO m1.users VALUES (1, 'Ann', 30, NULL), (2, 'Bob', 41, 1), (3, 'Cy', 22, 1);
INSERT INTO m2.users VALUES (1, 'Ann', 31, 2), (2, 'Dee', 55, NULL), (4, NULL, NULL, 2);
INSERT INTO m3.users VALUES (2, 'Eve', 41, 3), (3, 'Fay', 19, NULL), (5, 'it''s 100%', 64, 3);
INSERT INTO m1.orders VALUES (1, 1, 10, '2026-01-01'), (2, 1, 20, '2026-01-02'), (3, 9, 5, NULL);
INSERT INTO m2.orders VALUES (1, 2, 7, '2026-01-01'), (2, 4, 11, '2026-01-03'), (7, 1, 3, NULL);
INSERT INTO m3.orders VALUES (4, 5, 100, '2026-01-05'), (5, 2, 20, '2026-01-02');

CREATE VIEW fed_private."users@1" AS
    SELECT 'm1'::text AS member, id, name, age, boss FROM m1.users
    UNION ALL SELECT 'm2'::text AS member, id, name, age, boss FROM m2.users;
CREATE VIEW fed_private."users@2" AS
    SELECT 'm3'::text AS member, id, name, age, boss FROM m3.users;
CREATE VIEW fed.users AS
    SELECT member, id, name, age, boss FROM fed_private."users@1"
    UNION ALL SELECT member, id, name, age, boss FROM fed_private."users@2";
CREATE VIEW fed_private."orders@1" AS
    SELECT 'm1'::text AS member, id, user_id, amount, placed FROM m1.orders
    UNION ALL SELECT 'm2'::text AS member, id, user_id, amount, placed FROM m2.orders;
CREATE VIEW fed_private."orders@2" AS
    SELECT 'm3'::text AS member, id, user_id, amount, placed FROM m3.orders;
CREATE VIEW fed.orders AS
    SELECT member, id, user_id, amount, placed FROM fed_private."orders@1"
    UNION ALL SELECT member, id, user_id, amount, placed FROM fed_private."orders@2";

-- What the joined tables show, once more, since tests replace those.
CREATE VIEW fed_private.users AS
    SELECT * FROM fed_private."users@1" UNION ALL SELECT * FROM fed_private."users@2";
CREATE VIEW fed_private.orders AS
    SELECT * FROM fed_private."orders@1" UNION ALL SELECT * FROM fed_private."orders@2";

CREATE TABLE fed_private."users@stale" (age int, id int, member text, name text, boss int);
INSERT INTO fed_private."users@stale"
    SELECT age - 1, id, member, name, boss FROM fed.users WHERE id < 5;
CREATE TABLE fed_private."orders@stale" AS SELECT * FROM fed.orders WHERE amount > 5;

CREATE TABLE local.users (id int, name text, age int, boss int);
INSERT INTO local.users VALUES (2, 'Zoe', 41, NULL), (3, 'Fay', 20, 2);
CREATE TABLE local.country (code text, member text, id int);
INSERT INTO local.country VALUES ('NL', 'm1', 1), ('BE', 'm2', 2), ('DE', 'm3', 3), ('FR', 'm9', 4);
CREATE TABLE local.archive (member text, id int, note text);
CREATE FUNCTION local.older(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
CREATE FUNCTION local.label(fed.users) RETURNS text LANGUAGE sql
    AS $$ SELECT $1.member || '-' || $1.name $$;
