-- When materialized views were refreshed. A role writes its own rows, and sees besides those of
-- views whose owner's rights it has.
CREATE TABLE exclave.view_refresh (
    schema name NOT NULL,
    name name NOT NULL,
    written_by name NOT NULL DEFAULT current_user,
    view oid NOT NULL,
    -- the last one that worked; of data that came with the creation no duration is known
    started timestamptz,
    duration interval,
    concurrent boolean,
    -- the last one that failed since
    failed timestamptz,
    sqlstate text,
    error text,
    PRIMARY KEY (schema, name, written_by)
)
