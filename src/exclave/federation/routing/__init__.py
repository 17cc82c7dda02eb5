"""Writing to members: through the joined tables, their own tables, and many rows at once."""

from exclave.federation.routing.culprit import member_of_error
from exclave.federation.routing.insert import Inserted, insert_rows
from exclave.federation.routing.own_table import own_table_statements
from exclave.federation.routing.triggers import drop_statements, trigger_statements
from exclave.federation.routing.variants import Variant, constant_of, variants_of

__all__ = [
    "Inserted",
    "Variant",
    "constant_of",
    "drop_statements",
    "insert_rows",
    "member_of_error",
    "own_table_statements",
    "trigger_statements",
    "variants_of",
]
