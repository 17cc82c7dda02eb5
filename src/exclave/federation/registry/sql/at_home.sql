-- Every joined table asks this. IMMUTABLE, for it is: the answer changes only where the database
-- itself is carried elsewhere. So PostgreSQL asks while it plans a query, before any member is
-- connected to, and the plan is as it would be without the question.
CREATE OR REPLACE FUNCTION exclave.at_home() RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF pg_catalog.current_database() = /* database */ AND (/* identity */) = /* identifier */ THEN
        RETURN true;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = 'this database is not the hub whose members these are, which is the database '
            || /* quoted */ || ' of another cluster or has got another name',
        HINT = 'Run "exclave fed adopt" when it is to use them.';
END
$function$
