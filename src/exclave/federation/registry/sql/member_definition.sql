-- How a member is reached; the owner's alone.
SELECT m.definition::text
FROM exclave.member AS m
WHERE m.federation = $1::text AND m.slug = $2::text
