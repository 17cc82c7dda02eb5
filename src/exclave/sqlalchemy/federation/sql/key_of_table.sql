SELECT key FROM exclave.joined_table WHERE federation = :federation AND table_name = :table
