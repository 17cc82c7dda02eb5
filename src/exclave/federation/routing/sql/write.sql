-- Brings each row of a joined table to its member. The triggers on one joined table call it, and
-- nothing else may: it runs as the owner of the members' tables.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $exclave$
#variable_conflict use_column
DECLARE
    this_federation constant text := {federation};
    this_table constant text := {table};
    this_relation constant text := {relation};
    target text;             -- the member
    place record;            -- its table, and what is to be written there
    frame text;
    omitted text[] := '{}';  -- columns that the statement left out, or set to DEFAULT
    changed text[] := '{}';  -- columns that an UPDATE sets
    written text;
    returned record;
    named text;
    count bigint;
BEGIN
    -- The defaults of columns add their names to this setting, row by row. Each statement has a
    -- part of its own in it, since a function that is called for a row may run another one.
    frame := current_setting('exclave.omitted', true);
    IF TG_LEVEL = 'STATEMENT' THEN
        PERFORM set_config('exclave.omitted', CASE TG_WHEN
                WHEN 'BEFORE' THEN concat(frame, '|')
                ELSE left(frame, -1 - length(split_part(frame, '|', -1))) END, true);
        RETURN NULL;
    END IF;
    IF right(frame, 1) = ',' THEN
        omitted := concat('{', rtrim(split_part(frame, '|', -1), ','), '}');
        PERFORM set_config(
            'exclave.omitted', left(frame, -length(split_part(frame, '|', -1))), true);
    END IF;

    target := CASE WHEN TG_OP = 'INSERT' THEN NEW.{member} ELSE OLD.{member} END;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.{member} IS DISTINCT FROM OLD.{member} THEN
            RAISE EXCEPTION 'a row of % cannot be moved from member "%" to member "%"',
                this_relation, OLD.{member}, NEW.{member}
                USING ERRCODE = 'feature_not_supported',
                      HINT = 'Insert it there, and delete it here.';
        END IF;
        changed := array_remove(ARRAY[{changed}]::text[], NULL) || omitted;
        IF changed = '{}' THEN
            RETURN NEW;
        END IF;
    END IF;

    SELECT m.slug, m.server, m.schema_name, m.suspended, m.suspended_reason, t.key,
           m.writable AND t.writable AS writable, w.*
      INTO place
      FROM exclave.joined_table AS j
      LEFT JOIN (exclave.member AS m
                 JOIN exclave.member_table AS t
                   ON t.federation = m.federation AND t.slug = m.slug)
        ON m.federation = j.federation
       AND m.slug = target
       AND m.state = 'joined'
       AND t.table_name = j.table_name
      LEFT JOIN LATERAL (
           SELECT CASE WHEN bool_and(NOT c.is_left OR NOT c.is_omitted) THEN ''
                       WHEN bool_and(NOT c.is_left OR c.is_omitted) THEN '@new'
                       WHEN bool_and(NOT c.is_left OR c.is_omitted = (NOT c.is_key OR c.always))
                       THEN '@keyed'
                       WHEN bool_and(NOT c.is_left OR c.is_omitted = (c.is_key OR c.always))
                       THEN '@unkeyed'
                       WHEN bool_and(NOT c.is_left OR c.is_omitted = c.always) THEN '@given'
                       {variants} END AS variant,
                  string_agg(quote_ident(c.name), ', ') FILTER (WHERE c.is_sent) AS names,
                  string_agg(c.value, ', ') FILTER (WHERE c.is_sent) AS values,
                  string_agg(concat(quote_ident(c.name), ' = ', c.value), ', ')
                      FILTER (WHERE c.held AND c.name = ANY (changed)) AS assignments,
                  string_agg(concat(quote_ident(c.name), ' = ', c.key_value), ' AND ')
                      FILTER (WHERE c.is_key) AS condition,
                  string_agg(concat(CASE WHEN c.held THEN quote_ident(c.name) ELSE 'NULL' END,
                                    '::', c.type, ' AS ', quote_ident(c.name)), ', ') AS returning,
                  array_agg(c.name) FILTER (WHERE NOT c.held) AS lacking,
                  array_agg(c.name) FILTER (WHERE c.is_left AND c.is_omitted) AS left_out,
                  array_agg(c.name) FILTER (WHERE c.is_left AND NOT c.is_omitted) AS given,
                  array_agg(c.name) FILTER (WHERE c.always AND NOT c.is_omitted) AS forbidden
             FROM (SELECT a.*, a.held AND NOT (a.is_left AND a.is_omitted) AS is_sent,
                          CASE WHEN a.is_omitted AND NOT a.is_left THEN coalesce(a.constant, 'NULL')
                               WHEN a."cast" IS NULL THEN concat('($1).', quote_ident(a.name))
                               ELSE quote_nullable((ARRAY[{texts}]::text[])[a.number]) END AS value,
                          CASE WHEN a."cast" IS NULL THEN concat('($2).', quote_ident(a.name))
                               ELSE quote_nullable((ARRAY[{old_texts}]::text[])[a.number])
                               END AS key_value
                     FROM (SELECT c.name, c.type, c.number, r."cast", k.constant,
                                  r.name IS NOT NULL AS held,
                                  coalesce(r.always, false) AS always,
                                  coalesce(r.generated OR r.always
                                           OR (r.constant IS NOT NULL AND k.constant IS NULL),
                                           false) AS is_left,
                                  c.name = ANY (omitted) AS is_omitted,
                                  c.name = ANY (t.key) AS is_key
                             FROM unnest({names}::text[], {types}::text[])
                                  WITH ORDINALITY AS c(name, type, number)
                             LEFT JOIN jsonb_to_recordset(t.columns)
                                  AS r(name text, "cast" text, generated boolean, constant text,
                                       always boolean)
                               ON r.name = c.name
                            CROSS JOIN LATERAL (
                                  SELECT substring(r.constant FROM {constant}) AS constant) AS k
                          ) AS a) AS c) AS w ON true
     WHERE j.federation = this_federation
       AND j.table_name = this_table
       AND j.relation = TG_RELID;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this function serves % alone, not %.%',
            this_relation, quote_ident(TG_TABLE_SCHEMA), quote_ident(TG_TABLE_NAME)
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF place.slug IS NULL OR place.suspended IS NOT NULL OR NOT place.writable THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN place.slug IS NULL THEN 'invalid_parameter_value'
                           ELSE 'object_not_in_prerequisite_state' END,
            MESSAGE = CASE
                WHEN target IS NULL THEN
                    format('a row for %s must name its member in column %I',
                           this_relation, {member_name})
                WHEN place.slug IS NULL THEN
                    format('federation "%s" has no member "%s"', this_federation, target)
                WHEN place.suspended IS NOT NULL THEN
                    format('member "%s" is suspended%s', target, ': ' || place.suspended_reason)
                ELSE format('member "%s" can only be read', target) END,
            HINT = (SELECT concat('Members that can be written to: ',
                                  coalesce(string_agg(s.slug, ', ' ORDER BY s.slug)
                                           FILTER (WHERE s.number <= 20), 'none'),
                                  CASE WHEN count(*) > 20
                                       THEN format(' and %s more', count(*) - 20) END, '.')
                      FROM (SELECT m.slug, row_number() OVER (ORDER BY m.slug) AS number
                              FROM exclave.member AS m
                              JOIN exclave.member_table AS t
                                ON t.federation = m.federation AND t.slug = m.slug
                             WHERE m.federation = this_federation
                               AND t.table_name = this_table
                               AND m.state = 'joined'
                               AND m.suspended IS NULL
                               AND m.writable AND t.writable) AS s);
    END IF;

    -- What is written is atomic at one member only.
    written := nullif(current_setting('exclave.written_member', true), '');
    IF written IS NULL THEN
        PERFORM set_config('exclave.written_member', place.server, true);
    ELSIF written <> place.server
          AND current_setting('exclave.write_members', true) IS DISTINCT FROM 'many' THEN
        RAISE EXCEPTION 'this transaction has written to member "%" and cannot write to member "%"',
            coalesce((SELECT m.slug FROM exclave.member AS m WHERE m.server = written), written),
            target
            USING ERRCODE = 'invalid_transaction_state',
                  DETAIL = 'At COMMIT one member may keep what it was sent, and another refuse it.',
                  HINT = 'Commit first, or accept that with SET exclave.write_members = ''many''.';
    END IF;

    IF TG_OP <> 'INSERT' AND place.condition IS NULL THEN
        RAISE EXCEPTION '% has no key, so its rows cannot be told apart at member "%"',
            this_relation, target
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Name its key with FederatedTable(…, key=[…]), or write to the member''s '
                         'own table.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        EXECUTE format('DELETE FROM %I.%I WHERE %s',
                       place.schema_name, this_table, place.condition) USING OLD, OLD;
        GET DIAGNOSTICS count = ROW_COUNT;
        IF count = 0 THEN
            RETURN NULL;
        END IF;
        RETURN OLD;
    END IF;
    IF place.lacking IS NOT NULL THEN
        SELECT string_agg(quote_ident(c.name), ', ') INTO named
          FROM unnest(ARRAY[{given}]::text[]) AS c(name)
         WHERE c.name = ANY (place.lacking);
        IF named IS NOT NULL THEN
            RAISE EXCEPTION 'member "%" has no column % in %', target, named, this_relation
                USING ERRCODE = 'undefined_column', HINT = 'Leave it out, or give NULL.';
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF place.left_out IS NOT NULL THEN
            RAISE EXCEPTION 'member "%" generates % when a row is inserted, and cannot be told to '
                'do so in an UPDATE', target, array_to_string(place.left_out, ', ')
                USING ERRCODE = 'feature_not_supported', HINT = 'Give a value.';
        END IF;
        IF place.assignments IS NULL THEN
            RETURN NEW;
        END IF;
        EXECUTE format('UPDATE %I.%I SET %s WHERE %s RETURNING %s', place.schema_name, this_table,
                       place.assignments, place.condition, place.returning)
           INTO returned USING NEW, OLD;
    ELSE
        IF place.forbidden IS NOT NULL THEN
            RAISE EXCEPTION 'member "%" generates % ALWAYS: no value can be given',
                target, array_to_string(place.forbidden, ', ')
                USING ERRCODE = 'generated_always', HINT = 'Leave it out.';
        END IF;
        IF place.variant IS NULL THEN
            RAISE EXCEPTION 'a row for member "%" leaves out % and gives %, which the member '
                'generates too', target, array_to_string(place.left_out, ', '),
                array_to_string(place.given, ', ')
                USING ERRCODE = 'feature_not_supported',
                      HINT = format('Give all of them, none, all but the key or the key alone; or '
                                    'declare FederatedTable(%s, omit=[[%s]]), and apply.',
                                    to_json(this_table),
                                    (SELECT string_agg(to_json(c.name)::text, ', ')
                                       FROM unnest(place.left_out) AS c(name)));
        END IF;
        EXECUTE format('INSERT INTO %I.%I %s RETURNING %s', place.schema_name,
                       this_table || place.variant,
                       coalesce(format('(%s) VALUES (%s)', place.names, place.values),
                                'DEFAULT VALUES'), place.returning)
           INTO returned USING NEW;
    END IF;
    GET DIAGNOSTICS count = ROW_COUNT;
    IF count = 0 THEN
        RETURN NULL;
    END IF;
    {assign}
    RETURN NEW;
END
$exclave$
