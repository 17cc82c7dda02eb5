-- Keeps what is known of a materialized view's query under the view's new name too.
INSERT INTO exclave.view_query AS v (schema, name, query, definition, major)
SELECT DISTINCT $3::text, $4::text, k.query, k.definition, k.major
FROM exclave.view_query AS k
WHERE k.written_by = current_user AND k.schema = $1::text AND k.name = $2::text
    AND NOT EXISTS (
        SELECT FROM exclave.view_query AS o
        WHERE o.written_by = current_user AND o.schema = $3::text AND o.name = $4::text
            AND o.query = k.query AND o.definition = k.definition AND o.major = k.major)
RETURNING v.name
