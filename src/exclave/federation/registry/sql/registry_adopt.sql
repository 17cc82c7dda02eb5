UPDATE exclave.registry SET system_identifier = $1::text, database = $2::text RETURNING version
