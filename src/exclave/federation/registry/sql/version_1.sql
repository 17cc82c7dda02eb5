-- The registry, version 1; run as the owner role, in schema exclave.
CREATE TABLE exclave.registry (
    version int NOT NULL,
    system_identifier text,
    database text NOT NULL,
    owner text NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE UNIQUE INDEX registry_is_one_row ON exclave.registry ((true));
CREATE TABLE exclave.federation (
    name text PRIMARY KEY,
    shape jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    joined_at timestamptz
);
CREATE TABLE exclave.member (
    federation text NOT NULL REFERENCES exclave.federation ON DELETE CASCADE,
    slug text NOT NULL,
    state text NOT NULL DEFAULT 'adding' CHECK (state IN ('adding', 'joined', 'leaving')),
    suspended timestamptz,
    suspended_reason text,
    labels jsonb NOT NULL DEFAULT '{}',
    wrapper text NOT NULL,
    writable boolean NOT NULL DEFAULT true,
    definition jsonb NOT NULL,
    server text NOT NULL UNIQUE,
    schema_name text NOT NULL UNIQUE,
    chunk int NOT NULL,
    shape_digest text,
    added_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    joined_at timestamptz,
    refreshed_at timestamptz,
    PRIMARY KEY (federation, slug)
);
CREATE TABLE exclave.member_table (
    federation text NOT NULL,
    slug text NOT NULL,
    table_name text NOT NULL,
    remote_schema text NOT NULL,
    remote_name text NOT NULL,
    remote jsonb NOT NULL,
    columns jsonb NOT NULL,
    key text[] NOT NULL,
    writable boolean NOT NULL,
    writing jsonb NOT NULL,
    PRIMARY KEY (federation, slug, table_name),
    FOREIGN KEY (federation, slug) REFERENCES exclave.member ON DELETE CASCADE
);
CREATE TABLE exclave.joined_table (
    federation text NOT NULL REFERENCES exclave.federation ON DELETE CASCADE,
    table_name text NOT NULL,
    relation regclass,
    columns jsonb NOT NULL,
    key text[] NOT NULL,
    chunks jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (federation, table_name)
);
CREATE TABLE exclave.history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    role text NOT NULL DEFAULT session_user,
    action text NOT NULL,
    federation text,
    slug text,
    detail jsonb NOT NULL DEFAULT '{}'
);
