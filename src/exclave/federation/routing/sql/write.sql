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
    left_out text;           -- which of those the member generates
    named text;
    forbidden text;
    insertion jsonb;
    command text;
    returned record;
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

    SELECT m.slug, m.server, m.schema_name, m.suspended, m.suspended_reason,
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
      LEFT JOIN LATERAL jsonb_to_record(t.writing)
           AS w(held jsonb, generated jsonb, always jsonb, inserts jsonb, assignments jsonb,
                condition text, output text) ON true
     WHERE j.federation = this_federation
       AND j.table_name = this_table
       AND j.relation = TG_RELID
       AND exclave.at_home();  -- asked when this is planned; an error on a copy of the hub
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

    IF TG_OP <> 'INSERT' AND place.condition = '' THEN
        RAISE EXCEPTION '% has no key, so its rows cannot be told apart at member "%"',
            this_relation, target
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Name its key with FederatedTable(…, key=[…]), or write to the member''s '
                         'own table.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        EXECUTE format('DELETE FROM %I.%I WHERE %s', place.schema_name, this_table,
                       place.condition) USING NULL, OLD;
        GET DIAGNOSTICS count = ROW_COUNT;
        IF count = 0 THEN
            RETURN NULL;
        END IF;
        RETURN OLD;
    END IF;

    IF jsonb_array_length(place.held) < {number} THEN
        SELECT string_agg(quote_ident(c.name), ', ') INTO named
          FROM unnest(ARRAY[{given}]::text[]) AS c(name)
         WHERE NOT place.held ? c.name;
        IF named IS NOT NULL THEN
            RAISE EXCEPTION 'member "%" has no column % in %', target, named, this_relation
                USING ERRCODE = 'undefined_column', HINT = 'Leave it out, or give NULL.';
        END IF;
    END IF;
    IF omitted <> '{}' THEN
        SELECT string_agg(g.place::text, ','), string_agg(quote_ident(g.name), ', ')
          INTO left_out, named
          FROM jsonb_array_elements_text(place.generated)
               WITH ORDINALITY AS g(name, place)
         WHERE g.name = ANY (omitted);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF left_out IS NOT NULL THEN
            RAISE EXCEPTION 'member "%" gives % a default in an INSERT only', target, named
                USING ERRCODE = 'feature_not_supported', HINT = 'Give a value.';
        END IF;
        SELECT string_agg(DISTINCT place.assignments ->> c.name, ', ') INTO command
          FROM unnest(changed) AS c(name);
        IF command IS NULL THEN
            RETURN NEW;
        END IF;
        EXECUTE format('UPDATE %I.%I SET %s WHERE %s RETURNING %s', place.schema_name, this_table,
                       command, place.condition, place.output)
           INTO returned USING NEW, OLD, omitted;
    ELSE
        IF place.always <> '[]' THEN
            SELECT string_agg(quote_ident(c.name), ', ') INTO forbidden
              FROM jsonb_array_elements_text(place.always) AS c(name)
             WHERE c.name <> ALL (omitted);
            IF forbidden IS NOT NULL THEN
                RAISE EXCEPTION 'member "%" always generates %, and takes no value',
                    target, forbidden
                    USING ERRCODE = 'generated_always', HINT = 'Leave it out.';
            END IF;
        END IF;
        insertion := place.inserts -> coalesce(left_out, '');
        IF insertion IS NULL THEN
            RAISE EXCEPTION 'a row for member "%" leaves out %, but not all that it generates',
                target, named
                USING ERRCODE = 'feature_not_supported',
                      DETAIL = (SELECT format('It generates %s.', string_agg(quote_ident(c.name), ', '))
                                  FROM jsonb_array_elements_text(place.generated)
                                       AS c(name)),
                      HINT = format('Leave out all of that, none, all but the key or the key alone; '
                                    'or declare FederatedTable(%s, omit=[[%s]]), and apply.',
                                    to_json(this_table),
                                    (SELECT string_agg(to_json(c.name)::text, ', ')
                                       FROM unnest(omitted) AS c(name)
                                      WHERE place.generated ? c.name));
        END IF;
        EXECUTE format('INSERT INTO %I.%I %s RETURNING %s', place.schema_name,
                       this_table || (insertion ->> 0), insertion ->> 1,
                       place.output)
           INTO returned USING NEW, NULL, omitted;
    END IF;
    GET DIAGNOSTICS count = ROW_COUNT;
    IF count = 0 THEN
        RETURN NULL;
    END IF;
    IF jsonb_array_length(place.held) < {number} THEN
        {assign_held}
    ELSE
        {assign}
    END IF;
    {assign_system}
    RETURN NEW;
END
$exclave$
