-- Runs one statement that holds secrets. PostgreSQL puts a failing inner statement into the
-- error's CONTEXT, so the error is caught and raised anew, without it and with any secret in
-- its text masked.
DECLARE
    failed_state text;
    failed_message text;
    failed_detail text;
    failed_hint text;
    failed text[];
    number integer := 1;
    secret text;
BEGIN
    BEGIN
        EXECUTE /* statement */;
        RETURN;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS
            failed_state = RETURNED_SQLSTATE,
            failed_message = MESSAGE_TEXT,
            failed_detail = PG_EXCEPTION_DETAIL,
            failed_hint = PG_EXCEPTION_HINT;
        failed := ARRAY[failed_message, failed_detail, failed_hint];
    END;
    LOOP
        secret := pg_catalog.current_setting('exclave.secret_' || number, true);
        EXIT WHEN secret IS NULL;
        IF secret <> '' THEN
            failed := ARRAY(
                SELECT pg_catalog.replace(part.text, secret, '********')
                FROM pg_catalog.unnest(failed) WITH ORDINALITY AS part(text, place)
                ORDER BY part.place
            );
        END IF;
        number := number + 1;
    END LOOP;
    RAISE EXCEPTION USING
        ERRCODE = failed_state,
        MESSAGE = failed[1],
        DETAIL = failed[2],
        HINT = failed[3];
END
