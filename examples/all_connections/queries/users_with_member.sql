SELECT e.slug AS entity_slug, u.*
FROM all_connections.auth_user u
INNER JOIN admin_tool_entity e
        ON e.slug = u.member
ORDER BY u.username, e.slug
