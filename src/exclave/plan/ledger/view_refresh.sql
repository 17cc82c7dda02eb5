-- When materialized views were refreshed. A role writes its own rows, and sees besides those of
-- views whose owner's rights it has.
CREATE TABLE exclave.view_refresh (
    database oid NOT NULL,
    view oid NOT NULL,
    written_by name NOT NULL DEFAULT current_user,
    -- the last one that worked; of data that came with the creation no duration is known
    started timestamptz,
    duration interval,
    concurrent boolean,
    -- the last one that failed since
    failed timestamptz,
    sqlstate text,
    error text,
    PRIMARY KEY (database, view, written_by)
)
