-- Statements over joined tables, one after the other, separated by empty lines.

SELECT * FROM fed.users

SELECT count(*) FROM fed.users

TABLE fed.users

TABLE ONLY (fed.users) ORDER BY member, fed.users.id LIMIT 3

SELECT fed.users.id, fed.users.member FROM fed.users WHERE fed.users.age > 25

SELECT fed.users.* FROM fed.users

SELECT users.name, fed.users.age FROM fed.users ORDER BY users.age, fed.users.name

SELECT u.name FROM fed.users AS u WHERE u.age > 20

SELECT who FROM fed.users AS u (member, nr, who) WHERE nr < 4

SELECT u.name FROM fed.users u WHERE u.name LIKE '%a%' OR u.name IS NULL

SELECT member, count(*), avg(age) FROM fed.users GROUP BY member HAVING count(*) > 0

SELECT fed.users.member, count(fed.users.*) FROM fed.users GROUP BY fed.users.member

SELECT to_json(u) FROM fed.users u

SELECT to_json(users) ->> 'name', to_json(fed.users.*) ->> 'age' FROM fed.users

SELECT (users).name, (u).age FROM fed.users, fed.users u WHERE users.id = u.id

SELECT fed.users.name, fed.orders.amount FROM fed.users JOIN fed.orders
    ON fed.orders.member = fed.users.member AND fed.orders.user_id = fed.users.id

SELECT fed.users.name, fed.orders.amount FROM fed.users LEFT OUTER JOIN fed.orders
    ON fed.orders.member = fed.users.member AND fed.orders.user_id = fed.users.id
    WHERE fed.users.age IS NOT NULL

SELECT u.name, o.amount FROM fed.users u RIGHT JOIN fed.orders o
    ON o.member = u.member AND o.user_id = u.id

SELECT u.id, u.name, o.amount FROM fed.users u FULL JOIN fed.orders o
    ON o.member = u.member AND o.user_id = u.id

SELECT * FROM fed.users JOIN fed.orders USING (member, id)

SELECT member, id, users.name, j.id FROM fed.users JOIN fed.orders USING (member, id) AS j

SELECT * FROM fed.users NATURAL JOIN fed.orders

SELECT j.name FROM (fed.users JOIN fed.orders ON fed.users.id = user_id) AS j (a, b, name)

SELECT c.code, fed.users.name FROM local.country c LEFT JOIN fed.users ON c.member = fed.users.member

SELECT c.code, u.name FROM local.country c LEFT JOIN (fed.users u JOIN fed.orders o
    ON o.member = u.member AND o.user_id = u.id) ON c.member = u.member

SELECT c.code, u.n FROM local.country c LEFT JOIN LATERAL
    (SELECT count(*) AS n FROM fed.users WHERE fed.users.member = c.member) AS u ON true

SELECT fed.users.name, o.n FROM fed.users CROSS JOIN LATERAL
    (SELECT count(*) AS n FROM fed.orders WHERE fed.orders.user_id = fed.users.id) AS o

SELECT fed.users.name, g FROM fed.users, generate_series(1, fed.users.id) AS g

SELECT fed.users.name, g FROM fed.users CROSS JOIN ROWS FROM (generate_series(1, users.id)) AS g

SELECT fed.users.id, local.users.id FROM fed.users, local.users WHERE fed.users.age = local.users.age

SELECT fed.users.* FROM fed.users JOIN local.users ON fed.users.id = local.users.id

SELECT fed.users.id, users.age FROM fed.users WHERE EXISTS
    (SELECT 1 FROM local.users WHERE local.users.age = fed.users.age)

SELECT fed.users.id FROM fed.users WHERE EXISTS
    (SELECT 1 FROM local.country AS users WHERE users.member = fed.users.member)

SELECT id FROM local.users WHERE EXISTS
    (SELECT 1 FROM fed.users WHERE local.users.age = fed.users.age AND fed.users.id = local.users.id)

SELECT local.users.id, (SELECT max(fed.users.age) FROM fed.users WHERE fed.users.id = local.users.id)
    FROM local.users

SELECT u.name FROM fed.users u WHERE u.id IN (SELECT user_id FROM fed.orders WHERE amount > 5)

SELECT u.name FROM fed.users u WHERE u.id NOT IN
    (SELECT user_id FROM fed.orders WHERE user_id IS NOT NULL)

SELECT name FROM fed.users WHERE (SELECT count(*) FROM fed.orders o
    WHERE (o.member, o.user_id) = (users.member, fed.users.id)) > 1

SELECT name FROM fed.users WHERE age >= ALL (SELECT age FROM fed.users WHERE age IS NOT NULL)

SELECT name FROM fed.users WHERE member = 'm1'

SELECT name FROM fed.users WHERE member IN ('m1', 'm2') AND (age > 30 OR id = 1)

SELECT a.name, b.name FROM fed.users a JOIN fed.users b ON a.boss = b.id AND a.member = b.member

SELECT x.member, x.n FROM (SELECT member, count(*) AS n FROM fed.orders GROUP BY member) AS x
    WHERE x.n > 2

SELECT anon_1.id FROM (SELECT fed.users.id AS id FROM fed.users ORDER BY fed.users.member, fed.users.id
    LIMIT 4) AS anon_1 ORDER BY anon_1.id

WITH users AS (SELECT * FROM fed.users WHERE age > 20) SELECT users.name FROM users

WITH users AS (SELECT 'no' AS name) SELECT users.name FROM users

WITH o AS (SELECT * FROM fed.orders), u AS (SELECT * FROM fed.users WHERE id IN (SELECT user_id FROM o))
    SELECT u.name, (SELECT sum(amount) FROM o WHERE o.member = u.member) FROM u

WITH o AS MATERIALIZED (TABLE fed.orders) SELECT count(*) FROM o a, o b WHERE a.id = b.id

WITH RECURSIVE chain AS (
    SELECT member, id, name, 1 AS depth FROM fed.users WHERE boss IS NULL
    UNION ALL
    SELECT fed.users.member, fed.users.id, fed.users.name, depth + 1 FROM fed.users
        JOIN chain ON chain.member = fed.users.member AND chain.id = fed.users.boss WHERE depth < 5
) SELECT * FROM chain

WITH gone AS (DELETE FROM local.users WHERE id IN (SELECT id FROM fed.users) RETURNING id)
    SELECT count(*) FROM gone

SELECT id FROM fed.users UNION SELECT user_id FROM fed.orders

SELECT id FROM fed.users UNION ALL (SELECT id FROM fed.orders ORDER BY fed.orders.member, id LIMIT 2)

SELECT id FROM fed.users EXCEPT ALL SELECT fed.orders.id FROM fed.orders ORDER BY 1

(WITH fed AS (SELECT 1 AS users) SELECT fed.users FROM fed) INTERSECT SELECT id FROM fed.users

SELECT DISTINCT ON (member) member, name FROM fed.users ORDER BY member, fed.users.id

SELECT name, rank() OVER w, sum(age) OVER (PARTITION BY fed.users.member) FROM fed.users
    WINDOW w AS (ORDER BY fed.users.age)

SELECT member, grouping(fed.users.member), count(*) FILTER (WHERE fed.users.age > 30)
    FROM fed.users GROUP BY GROUPING SETS ((fed.users.member), ())

SELECT string_agg(fed.users.name, ',' ORDER BY fed.users.name) FROM fed.users

SELECT CASE WHEN EXISTS (TABLE fed.orders) THEN 1 ELSE 2 END, ARRAY(SELECT id FROM fed.users ORDER BY 1)

SELECT 1 WHERE EXISTS (SELECT FROM fed.users WHERE member = 'm2')

VALUES ((SELECT count(*) FROM fed.users)), ((SELECT max(id) FROM fed.orders))

SELECT local.older((SELECT max(age) FROM fed.users))

SELECT "fed"."users"."id", T3."name" FROM "fed"."users" LEFT OUTER JOIN "fed"."users" T3
    ON ("fed"."users"."member" = T3."member" AND "fed"."users"."boss" = T3."id")

select USERS.ID from FED.Users where U&"\0066ed" . users . "member"<>'m1'

SELECT/* fed.users */fed.users.id -- FROM fed.users
FROM/**/fed -- the schema
. /* and */ users -- the table
WHERE'fed.users'<>name

SELECT 'fed.users', $$ fed.users $$ FROM fed.users WHERE name <> E'\'fed.users' OR name = 'é' AND "users".id = 1

SELECT "é" . id FROM fed.users "é" WHERE 'é€' || "é".name IS NOT NULL AND "é".id IN (SELECT fed.orders.id FROM fed.orders)

INSERT INTO local.archive SELECT member, id, name FROM fed.users RETURNING local.archive.id

INSERT INTO local.archive (member, id) VALUES ('x', (SELECT max(fed.users.id) FROM fed.users)) RETURNING *

UPDATE local.users SET name = fed.users.name, age = (SELECT min(o.amount) FROM fed.orders o)
    FROM fed.users WHERE fed.users.id = local.users.id AND fed.users.member = 'm3' RETURNING local.users.*

DELETE FROM local.users USING fed.users WHERE fed.users.id = local.users.id RETURNING local.users.id

MERGE INTO local.users USING (SELECT DISTINCT id FROM fed.users) AS s ON s.id = local.users.id
    WHEN MATCHED THEN UPDATE SET age = (SELECT count(*) FROM fed.orders)
    WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'new')

SELECT fed.users.id FROM fed.users WHERE fed.users.id = ANY (ARRAY(SELECT fed.orders.id FROM fed.orders))

SELECT a.id FROM local.country a WHERE a.id IN (SELECT fed.users.id FROM fed.users WHERE EXISTS
    (SELECT 1 FROM fed.orders WHERE fed.orders.user_id = fed.users.id AND a.member = fed.orders.member))

SELECT x.* FROM fed.users, XMLTABLE('/a' PASSING (('<a>' || fed.users.id || '</a>')::xml)
    COLUMNS v int PATH '.') AS x

SELECT fed.users.id FROM ((fed.users LEFT JOIN local.archive ON false)) CROSS JOIN (fed.orders CROSS JOIN local.country)
    WHERE fed.orders.member = local.country.member AND country.code <> users.name

SELECT name FROM fed.users WHERE fed.users.member NOT IN ('m3') AND age BETWEEN 1 AND 40

SELECT current_setting('server_version_num')::int > 0 AND count(*) > -1 FROM fed.users * WHERE age > 0

SELECT (SELECT u FROM (SELECT fed.users.name AS u FROM fed.users ORDER BY 1 LIMIT 1) users) FROM local.users

SELECT local.label(users), local.label(fed.users.*), u IS NULL, u::text FROM fed.users, fed.users u

SELECT (u::fed.users).name, (u).age + 1 FROM fed.users u WHERE u IS NOT NULL ORDER BY u

SELECT count(DISTINCT users), jsonb_agg(users ORDER BY member, id), max((SELECT u FROM (SELECT 1) x)::text)
    FROM fed.users CROSS JOIN LATERAL (SELECT users.id AS u) AS u

SELECT users = u, users IN (SELECT o FROM fed.users o WHERE o.age > 30) FROM fed.users
    JOIN fed.users u USING (member, id)

SELECT array_agg(u)::text FROM fed.users u GROUP BY u.member
