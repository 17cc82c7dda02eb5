-- The members that can be written to, or of one table. $1: federation.
SELECT m.slug
  FROM exclave.member AS m
 WHERE m.federation = $1::text
   AND m.state = 'joined'
   AND m.suspended IS NULL
   AND m.writable
 ORDER BY m.slug
