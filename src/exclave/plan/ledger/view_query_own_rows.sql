CREATE POLICY own_rows ON exclave.view_query
    USING (written_by = current_user) WITH CHECK (written_by = current_user)
