-- The registry, version 2; run as the owner role. Whoever may look into a federation's schema may
-- read what its joined tables show already: which members and tables it has. How members are
-- reached, what was done, and everything of other federations stays with the owner.
ALTER TABLE exclave.member ADD COLUMN refreshed_tables text[] NOT NULL DEFAULT '{}';
ALTER TABLE exclave.federation ENABLE ROW LEVEL SECURITY;
ALTER TABLE exclave.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE exclave.joined_table ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_readers ON exclave.federation FOR SELECT USING (EXISTS (
    SELECT FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname = federation.name AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
));
CREATE POLICY of_readers ON exclave.member FOR SELECT USING (EXISTS (
    SELECT FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname = member.federation AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
));
CREATE POLICY of_readers ON exclave.joined_table FOR SELECT USING (EXISTS (
    SELECT FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname = joined_table.federation AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
));
GRANT SELECT (name, created_at, joined_at) ON exclave.federation TO PUBLIC;
GRANT SELECT (
    federation, slug, state, suspended, suspended_reason, labels, wrapper, writable, server,
    schema_name, chunk, added_at, joined_at, refreshed_at, refreshed_tables,
    shape_digest
) ON exclave.member TO PUBLIC;
GRANT SELECT ON exclave.joined_table TO PUBLIC;
-- Foreign tables that applications can write to ask this before anything is sent: whether the hub is
-- at home, and whether the transaction has written to another member, since what it writes is atomic
-- at one only. Arguments: the member's server and slug. As owner, to name the other member.
CREATE FUNCTION exclave.one_member() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    written text := nullif(current_setting('exclave.written_member', true), '');
BEGIN
    PERFORM exclave.at_home();
    IF written IS NULL THEN
        PERFORM set_config('exclave.written_member', TG_ARGV[0], true);
    ELSIF written <> TG_ARGV[0]
          AND current_setting('exclave.write_members', true) IS DISTINCT FROM 'many' THEN
        RAISE EXCEPTION 'this transaction has written to member "%" and cannot write to member "%"',
            coalesce((SELECT m.slug FROM exclave.member AS m WHERE m.server = written), written),
            TG_ARGV[1]
            USING ERRCODE = 'invalid_transaction_state',
                  DETAIL = 'At COMMIT one member may keep what it was sent, and another refuse it.',
                  HINT = 'Commit first, or accept that with SET exclave.write_members = ''many''.';
    END IF;
    RETURN NULL;
END
$function$;
REVOKE ALL ON FUNCTION exclave.one_member() FROM PUBLIC;
-- What the joined tables have in the place of a suspended member's rows. Whoever may read them may
-- run it: it only raises. Volatile, so that it is run by the query and not by its planner, which
-- would raise for members that a condition excludes too.
CREATE FUNCTION exclave.suspended(federation text, slug text, reason text)
RETURNS SETOF record LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = format('member "%s" of federation "%s" is suspended', slug, federation)
            || coalesce(': ' || nullif(reason, ''), ''),
        HINT = format('Leave it out with a condition on the member column, or end that with '
            '"exclave fed resume %s %s".', federation, slug);
END
$function$;
