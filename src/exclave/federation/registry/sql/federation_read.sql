SELECT f.shape::text, f.joined_at
FROM exclave.federation AS f
WHERE $1::text IS NULL OR f.name = $1::text
ORDER BY f.name
