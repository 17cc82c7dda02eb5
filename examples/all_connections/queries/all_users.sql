SELECT *
FROM all_connections.auth_user
ORDER BY username
