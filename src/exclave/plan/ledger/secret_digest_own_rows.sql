CREATE POLICY own_rows ON exclave.secret_digest
    USING (written_by = current_user) WITH CHECK (written_by = current_user)
