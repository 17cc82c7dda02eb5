SELECT m.slug
FROM exclave.member AS m
WHERE m.federation = $1::text AND m.slug = $2::text
FOR UPDATE
