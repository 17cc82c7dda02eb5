CREATE EXTENSION postgres_fdw;
CREATE SCHEMA companies;
CREATE TABLE member (slug text PRIMARY KEY);
CREATE FUNCTION add_company(
    slug text, host text, port int, dbname text, username text, password text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    b text := 'companies_' || slug;
    t text;
BEGIN
    INSERT INTO member VALUES (slug);
    EXECUTE format('CREATE SERVER %I FOREIGN DATA WRAPPER postgres_fdw
        OPTIONS (host %L, port %L, dbname %L)', b, host, port, dbname);
    EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER %I
        OPTIONS (user %L, password %L)', b, username, password);
    EXECUTE format('CREATE SCHEMA %I', b);
    EXECUTE format('CREATE SCHEMA %I', b || '_insertable');
    EXECUTE format('IMPORT FOREIGN SCHEMA public FROM SERVER %I INTO %I', b, b);
    EXECUTE format('CREATE FOREIGN TABLE %I."users@new" (
        id integer GENERATED ALWAYS AS (0) STORED, name text, boss_id integer,
        state text GENERATED ALWAYS AS ('''') STORED,
        created_at timestamp GENERATED ALWAYS AS (NULL::timestamp) STORED
        ) SERVER %I OPTIONS (schema_name ''public'', table_name ''users'')', b, b);
    EXECUTE format('CREATE FOREIGN TABLE %I."orders@new" (
        id integer GENERATED ALWAYS AS (0) STORED, user_id integer, checker_id integer, note text
        ) SERVER %I OPTIONS (schema_name ''public'', table_name ''orders'')', b, b);
    FOREACH t IN ARRAY ARRAY['users', 'orders'] LOOP
        EXECUTE format('CREATE VIEW %I.%I AS TABLE %I.%I', b || '_insertable', t, b, t || '@new');
    END LOOP;
END $$;
CREATE FUNCTION write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    b text := 'companies_' || r.member;
    t text := TG_TABLE_NAME;
    new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) - 'member' END;
    columns text;
    changed int;
BEGIN
    IF NOT EXISTS (SELECT FROM member WHERE slug = r.member) THEN
        RAISE 'no member %', r.member;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.member <> OLD.member THEN
        RAISE 'the member of a row cannot change';
    END IF;
    IF TG_OP = 'INSERT' AND new_row ? 'id' AND new_row ->> 'id' IS NULL THEN
        new_row := new_row - '{id,state,created_at}'::text[];
        t := t || '@new';
    ELSIF TG_OP = 'INSERT' AND TG_TABLE_NAME = 'users' THEN
        new_row := jsonb_build_object('state', 'new', 'created_at', now())
            || jsonb_strip_nulls(new_row);
    END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT string_agg(quote_ident(k), ', ') INTO columns FROM jsonb_object_keys(new_row) AS k;
        EXECUTE format('INSERT INTO %I.%I (%s)
            SELECT %s FROM jsonb_populate_record(NULL::%I.%I, $1) RETURNING to_jsonb(%I.*)',
            b, t, columns, columns, 'companies', TG_TABLE_NAME, t) USING new_row INTO new_row;
        NEW := jsonb_populate_record(NEW, new_row);
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT string_agg(format('%1$I = ($1).%1$I', k), ', ') INTO columns
        FROM jsonb_object_keys(new_row) AS k;
        EXECUTE format('UPDATE %I.%I SET %s WHERE %s', b, t, columns,
            CASE WHEN new_row ? 'id' THEN 'id = ($2).id'
                WHEN new_row ? 'tag' THEN 'order_id = ($2).order_id AND tag = ($2).tag'
                ELSE 'name = ($2).name' END) USING NEW, OLD;
        GET DIAGNOSTICS changed = ROW_COUNT;
        RETURN CASE WHEN changed > 0 THEN NEW END;
    END IF;
    EXECUTE format('DELETE FROM %I.%I WHERE %s', b, t,
        CASE WHEN to_jsonb(OLD) ? 'id' THEN 'id = ($1).id'
            WHEN to_jsonb(OLD) ? 'tag' THEN 'order_id = ($1).order_id AND tag = ($1).tag'
            ELSE 'name = ($1).name' END) USING OLD;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN CASE WHEN changed > 0 THEN OLD END;
END $$;
CREATE FUNCTION join_companies() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t text;
    query text;
BEGIN
    FOREACH t IN ARRAY ARRAY['users', 'orders', 'tags', 'order_tags'] LOOP
        SELECT string_agg(format('SELECT %L::text AS member, * FROM %I.%I',
            slug, 'companies_' || slug, t), ' UNION ALL ' ORDER BY slug) INTO query FROM member;
        EXECUTE format('CREATE VIEW companies.%I AS %s', t, query);
        EXECUTE format('CREATE TRIGGER write INSTEAD OF INSERT OR UPDATE OR DELETE
            ON companies.%I FOR EACH ROW EXECUTE FUNCTION write()', t);
    END LOOP;
END $$;
