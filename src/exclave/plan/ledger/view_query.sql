-- How PostgreSQL prints the queries that materialized views were declared with, a row for each
-- text: what was true once stays so. A role writes its own rows, and sees besides those of views
-- whose owner's rights it has.
CREATE TABLE exclave.view_query (
    schema name NOT NULL,
    name name NOT NULL,
    written_by name NOT NULL DEFAULT current_user,
    query text NOT NULL,
    definition text NOT NULL,
    major integer NOT NULL
)
