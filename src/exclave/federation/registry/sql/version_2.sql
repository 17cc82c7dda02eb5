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
-- Foreign tables that applications can insert into ask this before anything is sent.
CREATE FUNCTION exclave.only_at_home() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM exclave.at_home();
    RETURN NULL;
END
$function$;
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
