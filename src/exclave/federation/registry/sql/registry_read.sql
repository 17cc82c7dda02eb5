SELECT version, system_identifier, database, owner, installed_at FROM exclave.registry
