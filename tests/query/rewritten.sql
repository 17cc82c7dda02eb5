-- Statements as they are sent, and as they become when member m2 is left out.

-- A table gets its own name as an alias.

SELECT id FROM fed.users
=> SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users

SELECT id FROM fed.users WHERE age > 3
=> SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users WHERE age > 3

SELECT id FROM fed.users u
=> SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) u

SELECT id FROM fed.users AS u (a, b)
=> SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS u (a, b)

SELECT id FROM fed.users, fed.orders
=> SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users, (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders

SELECT id FROM fed.users LEFT JOIN fed.orders ON users.id = orders.user_id
=> SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users LEFT JOIN (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders ON users.id = orders.user_id

-- The schema before its columns goes.

SELECT fed.users.id, fed.users.* FROM fed.users ORDER BY fed.users.id
=> SELECT users.id, users.* FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users ORDER BY users.id

SELECT count(fed.users.*) FROM fed.users
=> SELECT count(users.*) FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users

SELECT fed.users.id FROM fed.users WHERE EXISTS (SELECT 1 FROM fed.orders WHERE fed.orders.user_id = fed.users.id)
=> SELECT users.id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users WHERE EXISTS (SELECT 1 FROM (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders WHERE orders.user_id = users.id)

SELECT db.fed.users.id FROM db.fed.users
=> SELECT users.id FROM (SELECT * FROM db.fed.users WHERE member NOT IN ('m2')) AS users

-- All the rest stays as it is.

select/*1*/fed/*2*/./*3*/users/*4*/./*5*/id/*6*/from/*7*/fed/*8*/./*9*/users/*10*/where/*11*/true -- fed.users
=> select/*1*/users/*4*/./*5*/id/*6*/from/*7*/(SELECT * FROM fed/*8*/./*9*/users WHERE member NOT IN ('m2')) AS users/*10*/where/*11*/true -- fed.users

SELECT 'fed.users', $x$ fed.users $x$, E'\' fed.users' FROM fed.users
=> SELECT 'fed.users', $x$ fed.users $x$, E'\' fed.users' FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users

SELECT "é€".id FROM fed.users AS "é€" WHERE name = '日本' AND id IN (SELECT fed.orders.id FROM fed.orders)
=> SELECT "é€".id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS "é€" WHERE name = '日本' AND id IN (SELECT orders.id FROM (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders)

SELECT"fed"."users"."id"FROM"fed"."users"WHERE"fed"."users"."id"=1
=> SELECT "users"."id"FROM(SELECT * FROM "fed"."users" WHERE member NOT IN ('m2')) AS users WHERE "users"."id"=1

SELECT U&"f\0065d".users.id FROM U&"!0066ed" UESCAPE '!'.U&"users" WHERE true
=> SELECT users.id FROM (SELECT * FROM U&"!0066ed" UESCAPE '!'.U&"users" WHERE member NOT IN ('m2')) AS users WHERE true

SELECT FED.Users.id FROM Fed.USERS
=> SELECT Users.id FROM (SELECT * FROM Fed.USERS WHERE member NOT IN ('m2')) AS users

SELECT id FROM ONLY fed.users
=> SELECT id FROM (SELECT * FROM ONLY fed.users WHERE member NOT IN ('m2')) AS users

SELECT id FROM ONLY (fed.users) u
=> SELECT id FROM (SELECT * FROM ONLY (fed.users) WHERE member NOT IN ('m2')) u

SELECT id FROM fed.users *
=> SELECT id FROM (SELECT * FROM fed.users * WHERE member NOT IN ('m2')) AS users

SELECT id FROM (fed.users JOIN fed.orders USING (member, id))
=> SELECT id FROM ((SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users JOIN (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders USING (member, id))

TABLE fed.users
=> SELECT * FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users

TABLE ONLY fed.users UNION ALL TABLE fed.orders ORDER BY 1
=> SELECT * FROM (SELECT * FROM ONLY fed.users WHERE member NOT IN ('m2')) AS users UNION ALL SELECT * FROM (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders ORDER BY 1

SELECT 1; SELECT id FROM fed.users; SELECT 2
=> SELECT 1; SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users; SELECT 2

SELECT $1, a->>$2 FROM fed.users WHERE id = $3
=> SELECT $1, a->>$2 FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users WHERE id = $3

SELECT id % 2 FROM fed.users WHERE name LIKE '%a'
=> SELECT id % 2 FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users WHERE name LIKE '%a'

-- WITH queries hide tables, but not those with a schema.

WITH users AS (SELECT 1 AS id) SELECT users.id FROM users
=> (the same)

WITH users AS (SELECT id FROM fed.users) SELECT users.id FROM users
=> WITH users AS (SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users) SELECT users.id FROM users

SELECT * FROM (WITH orders AS (SELECT 1) SELECT * FROM orders) x, fed.orders
=> SELECT * FROM (WITH orders AS (SELECT 1) SELECT * FROM orders) x, (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders

-- Another relation of that name is nearer, or beside it.

SELECT fed.users.id FROM fed.users WHERE EXISTS (SELECT 1 FROM local.users WHERE local.users.id = fed.users.id)
=> SELECT joined_1.id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS joined_1 WHERE EXISTS (SELECT 1 FROM local.users WHERE local.users.id = joined_1.id)

SELECT fed.users.id FROM fed.users, local.users
=> SELECT joined_1.id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS joined_1, local.users

SELECT users.age, fed.users.id FROM fed.users WHERE EXISTS (SELECT 1 FROM x AS users WHERE users.id = fed.users.id)
=> SELECT joined_1.age, joined_1.id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS joined_1 WHERE EXISTS (SELECT 1 FROM x AS users WHERE users.id = joined_1.id)

SELECT 1 FROM fed.users WHERE EXISTS (SELECT 1 FROM local.users WHERE users.id = 1)
=> SELECT 1 FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users WHERE EXISTS (SELECT 1 FROM local.users WHERE users.id = 1)

SELECT fed.users.id, joined_1.id FROM x joined_1, fed.users, local.users
=> SELECT joined_2.id, joined_1.id FROM x joined_1, (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS joined_2, local.users

SELECT 1 FROM other.users, fed.users, fed.orders, other.orders WHERE fed.users.id = fed.orders.id
=> SELECT 1 FROM other.users, (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS joined_1, (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS joined_2, other.orders WHERE joined_1.id = joined_2.id

-- What is written to stays, what is read for it does not.

INSERT INTO fed.users SELECT * FROM fed.orders RETURNING fed.users.id
=> INSERT INTO fed.users SELECT * FROM (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders RETURNING fed.users.id

INSERT INTO fed.users AS u (member, id) VALUES ('m1', (SELECT max(id) FROM fed.users))
=> INSERT INTO fed.users AS u (member, id) VALUES ('m1', (SELECT max(id) FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users))

UPDATE fed.users SET age = fed.orders.id FROM fed.orders WHERE fed.users.id = fed.orders.user_id RETURNING fed.users.id
=> UPDATE fed.users SET age = orders.id FROM (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders WHERE fed.users.id = orders.user_id RETURNING fed.users.id

UPDATE fed.users SET age = (SELECT max(age) FROM fed.users) WHERE fed.users.id = 1
=> UPDATE fed.users SET age = (SELECT max(age) FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users) WHERE fed.users.id = 1

DELETE FROM fed.users USING fed.orders WHERE fed.users.id = fed.orders.user_id
=> DELETE FROM fed.users USING (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders WHERE fed.users.id = orders.user_id

DELETE FROM fed.orders WHERE EXISTS (SELECT 1 FROM fed.users WHERE fed.users.id = fed.orders.user_id)
=> DELETE FROM fed.orders WHERE EXISTS (SELECT 1 FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users WHERE users.id = fed.orders.user_id)

MERGE INTO local.t USING fed.users ON fed.users.id = t.id WHEN MATCHED THEN UPDATE SET a = fed.users.age
=> MERGE INTO local.t USING (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users ON users.id = t.id WHEN MATCHED THEN UPDATE SET a = users.age

WITH new AS (INSERT INTO fed.orders SELECT * FROM fed.orders RETURNING id) SELECT * FROM new, fed.orders
=> WITH new AS (INSERT INTO fed.orders SELECT * FROM (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders RETURNING id) SELECT * FROM new, (SELECT * FROM fed.orders WHERE member NOT IN ('m2')) AS orders

-- Statements around queries.

EXPLAIN (ANALYZE) SELECT id FROM fed.users
=> EXPLAIN (ANALYZE) SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users

DECLARE c CURSOR WITH HOLD FOR SELECT id FROM fed.users
=> DECLARE c CURSOR WITH HOLD FOR SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users

COPY (SELECT id FROM fed.users) TO STDOUT
=> COPY (SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users) TO STDOUT

CREATE TEMP TABLE mine AS SELECT id FROM fed.users
=> CREATE TEMP TABLE mine AS SELECT id FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users

SELECT id INTO mine FROM fed.users
=> SELECT id INTO mine FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users

CALL p((SELECT max(id) FROM fed.users))
=> CALL p((SELECT max(id) FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users))

EXECUTE q((SELECT max(id) FROM fed.users))
=> EXECUTE q((SELECT max(id) FROM (SELECT * FROM fed.users WHERE member NOT IN ('m2')) AS users))

-- Statements that read no rows.

GRANT SELECT ON fed.users TO reader
=> (the same)

LOCK TABLE fed.users
=> (the same)

COPY fed.users FROM STDIN
=> (the same)

CREATE INDEX i ON fed.users (id)
=> (the same)

-- What is no joined table.

SELECT users.id FROM users
=> (the same)

SELECT users.id FROM local.users, fed.users2, public.orders
=> (the same)

SELECT 'fed.users'::regclass
=> (the same)
