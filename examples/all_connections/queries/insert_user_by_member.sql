INSERT INTO all_connections.auth_user
    (member, username, email, password, first_name, last_name, is_superuser, is_staff, is_active,
     date_joined)
VALUES ('nl-sales', 'user2', '', '$2$....', '', '', false, false, true, now())
RETURNING id
