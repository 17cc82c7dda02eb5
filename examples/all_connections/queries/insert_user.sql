INSERT INTO "nl-sales_insertable".auth_user
    (username, email, password, first_name, last_name, is_superuser, is_staff, is_active, date_joined)
VALUES ('user1', '', '$2$....', '', '', false, false, true, now())
RETURNING id
