CREATE POLICY own_rows ON exclave.view_refresh
    USING (written_by = current_user) WITH CHECK (written_by = current_user)
