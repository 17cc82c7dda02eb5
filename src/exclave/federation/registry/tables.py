"""The tables of the registry and their columns, to tell it from what only looks like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TABLES: Mapping[str, Sequence[str]] = {
    "registry": (
        "version integer",
        "system_identifier text",
        "database text",
        "owner text",
        "installed_at timestamp with time zone",
    ),
    "federation": (
        "name text",
        "shape jsonb",
        "created_at timestamp with time zone",
        "joined_at timestamp with time zone",
    ),
    "member": (
        "federation text",
        "slug text",
        "state text",
        "suspended timestamp with time zone",
        "suspended_reason text",
        "labels jsonb",
        "wrapper text",
        "writable boolean",
        "definition jsonb",
        "server text",
        "schema_name text",
        "chunk integer",
        "shape_digest text",
        "added_at timestamp with time zone",
        "joined_at timestamp with time zone",
        "refreshed_at timestamp with time zone",
        "refreshed_tables text[]",
    ),
    "member_table": (
        "federation text",
        "slug text",
        "table_name text",
        "remote_schema text",
        "remote_name text",
        "remote jsonb",
        "columns jsonb",
        "key text[]",
        "writable boolean",
        "writing jsonb",
    ),
    "joined_table": (
        "federation text",
        "table_name text",
        "relation regclass",
        "columns jsonb",
        "key text[]",
        "chunks jsonb",
    ),
    "history": (
        "id bigint",
        "at timestamp with time zone",
        "role text",
        "action text",
        "federation text",
        "slug text",
        "detail jsonb",
    ),
}
"""Name and type of each column, in order, in the version that this library writes."""
