"""The triggers of a joined table: they bring what is written to the members."""

from __future__ import annotations

import re

from exclave.federation.columns import JoinedColumn
from exclave.federation.layouts import layout_of
from exclave.federation.naming import joined_table, write_function
from exclave.federation.routing.query import query
from exclave.federation.shape import Federation
from exclave.federation.tables import JoinedTable
from exclave.objects.quoting import quote_identifier, quote_literal

_TRIGGERS = {
    "exclave_insert": "INSTEAD OF INSERT ON {view} FOR EACH ROW",
    "exclave_update": "INSTEAD OF UPDATE ON {view} FOR EACH ROW",
    "exclave_delete": "INSTEAD OF DELETE ON {view} FOR EACH ROW",
    "exclave_before": "BEFORE INSERT OR UPDATE ON {view} FOR EACH STATEMENT",
    "exclave_after": "AFTER INSERT OR UPDATE ON {view} FOR EACH STATEMENT",
}
_TABLEOID = "NEW.tableoid := format('%I.%I', place.schema_name, this_table)::regclass;"
_PLACE = re.compile(r"\{([a-z_]+)\}")


def trigger_statements(federation: Federation, joined: JoinedTable) -> list[str]:
    """Give the statements that let a joined table be written to.

    They make or replace its function, its triggers and the defaults of its columns, which tell
    the function what an INSERT left out. They depend on the columns, not on the members.

    Parameters
    ----------
    federation
        The federation.
    joined
        The joined table; its view is there, and the registry has the view's ``relation``.

    Notes
    -----
    PostgreSQL documentation, "Overview of Trigger Behavior" and "Writing SECURITY DEFINER
    Functions Safely".
    """
    function = write_function(federation.name, joined.name)
    view = joined_table(federation.name, joined.name)
    defaults = ", ".join(map(_default, joined.columns))
    return [
        _function(federation, joined),
        f"REVOKE ALL ON FUNCTION {function}() FROM PUBLIC",
        *(
            f"CREATE OR REPLACE TRIGGER {name} {when.format(view=view)} "
            f"EXECUTE FUNCTION {function}()"
            for name, when in _TRIGGERS.items()
        ),
        *([f"ALTER TABLE {view} {defaults}"] if defaults else []),
    ]


def drop_statements(federation: Federation, joined: JoinedTable) -> list[str]:
    """Give the statement that drops what `trigger_statements` made; the view is gone already."""
    return [f"DROP FUNCTION IF EXISTS {write_function(federation.name, joined.name)}()"]


def _function(federation: Federation, joined: JoinedTable) -> str:
    """Fill in the function: names and types of columns, and what is done with each one."""
    columns = [(quote_identifier(column.name), column) for column in joined.columns]
    parts = {
        "function": str(write_function(federation.name, joined.name)),
        "federation": quote_literal(federation.name),
        "table": quote_literal(joined.name),
        "relation": quote_literal(str(joined_table(federation.name, joined.name))),
        "member": quote_identifier(federation.member_column),
        "member_name": quote_literal(federation.member_column),
        "number": str(len(columns)),
        "changed": ", ".join(
            f"CASE WHEN record_image_ne(ROW(NEW.{name}), ROW(OLD.{name})) "
            f"THEN {quote_literal(column.name)} END"
            for name, column in columns
        ),
        "given": ", ".join(
            f"CASE WHEN num_nonnulls(NEW.{name}) = 1 THEN {quote_literal(column.name)} END"
            for name, column in columns
        ),
        "assign": "\n        ".join(f"NEW.{name} := returned.{name};" for name, _ in columns),
        "assign_held": "\n        ".join(
            f"IF place.held ? {quote_literal(column.name)} THEN "
            f"NEW.{name} := returned.{name}; END IF;"
            for name, column in columns
        ),
        "assign_system": _TABLEOID if "tableoid" in layout_of(federation).system_columns() else "",
    }
    return _PLACE.sub(lambda place: parts[place[1]], query("write"))


def _default(column: JoinedColumn) -> str:
    """Give the action that makes a column's default note that the column was left out."""
    element = '"' + column.name.replace("\\", "\\\\").replace('"', '\\"') + '",'
    noting = query("default").replace("{element}", quote_literal(element))
    noting = noting.replace("{type}", column.type)
    return f"ALTER COLUMN {quote_identifier(column.name)} SET DEFAULT {noting}"
