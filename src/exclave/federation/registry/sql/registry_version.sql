UPDATE exclave.registry SET version = $1::int4 RETURNING version
