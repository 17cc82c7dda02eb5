-- Runs one statement that holds secrets. PostgreSQL puts a failing inner statement into the
-- error's CONTEXT, so the error is caught and raised anew, without it and with any secret in
-- its text masked. pg_stat_statements with track = all keeps inner statements; it is made to look
-- away where the role may do that, which is a superuser's right.
DECLARE
    failed_state text;
    failed_message text;
    failed_detail text;
    failed_hint text;
    failed text[];
    number integer := 1;
    secret text;
    secrets text[] := '{}';
    tracked text := pg_catalog.current_setting('pg_stat_statements.track', true);
BEGIN
    BEGIN
        IF tracked IN ('all', 'top') THEN
            PERFORM pg_catalog.set_config('pg_stat_statements.track', 'none', true);
        END IF;
    EXCEPTION WHEN insufficient_privilege THEN
        tracked := NULL;
    END;
    BEGIN
        EXECUTE /* statement */;
        IF tracked IS NOT NULL THEN
            PERFORM pg_catalog.set_config('pg_stat_statements.track', tracked, true);
        END IF;
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
        secrets := secrets || secret;
        number := number + 1;
    END LOOP;
    -- the longest first: another one may be a part of it
    FOR secret IN
        SELECT s FROM pg_catalog.unnest(secrets) AS s
        WHERE s <> '' ORDER BY pg_catalog.length(s) DESC
    LOOP
        failed := ARRAY(
            SELECT pg_catalog.replace(part.text, secret, '********')
            FROM pg_catalog.unnest(failed) WITH ORDINALITY AS part(text, place)
            ORDER BY part.place
        );
    END LOOP;
    RAISE EXCEPTION USING
        ERRCODE = failed_state,
        MESSAGE = failed[1],
        DETAIL = failed[2],
        HINT = failed[3];
END
