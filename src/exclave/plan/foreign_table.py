"""Foreign tables: CREATE, ALTER in place, RENAME, parents, privileges, comments, DROP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from exclave.objects import Check, Column, ForeignTable, QualifiedName
from exclave.objects.foreign_table import Partition, as_set
from exclave.objects.grant import Grants
from exclave.objects.names import quote_role
from exclave.objects.quoting import quote_identifier
from exclave.plan import column as columns
from exclave.plan.comment import comment_statements
from exclave.plan.copies import filled
from exclave.plan.grant import grant_statements, merged_grants, without_owner
from exclave.plan.option import alter_options_clause, options_clause
from exclave.plan.statement import Fragment, Statement


def merge(actual: ForeignTable, desired: ForeignTable) -> ForeignTable:
    """Fill what a declaration leaves open with what is there."""
    columns, column_set = actual.columns, actual.column_set
    becomes = desired.owner if desired.owner != actual.owner else None
    if not _are_as_declared(columns, desired.columns, becomes):
        had = {column.name: column for column in columns}
        columns = tuple(
            _merge_column(
                had.get(column.name) or had.get(column.renamed_from or ""), column, becomes
            )
            for column in desired.columns
        )
        column_set = as_set(columns)
    return filled(
        actual,
        desired,
        columns=columns,
        column_set=column_set,
        owner=desired.owner or actual.owner,
        grants=merged_grants(actual.grants, desired.grants, desired.owner),
        extension=actual.extension,
    )


@lru_cache(maxsize=4096)
def _are_as_declared(
    actual: tuple[Column, ...], desired: tuple[Column, ...], becomes: str | None
) -> bool:
    """Tell whether columns need no change; asked once of those that many tables of a hub have."""
    return len(actual) == len(desired) and all(
        _merge_column(there, wanted, becomes) is there
        for there, wanted in zip(actual, desired, strict=True)
    )


def _merge_column(actual: Column | None, desired: Column, becomes: str | None) -> Column:
    if actual is None or desired.grants is not None:
        return desired
    return filled(actual, desired, grants=merged_grants(actual.grants, None, becomes))


def replaced_because(before: ForeignTable, after: ForeignTable) -> str | None:
    """Tell why PostgreSQL cannot alter one into the other, if it cannot."""
    if before.server != after.server:
        return f'its server changes from "{before.server}" to "{after.server}"'
    return None


def create(table: ForeignTable, granted: Grants = frozenset()) -> list[Statement]:
    """Give the statements that create a foreign table.

    Parameters
    ----------
    table
        The table.
    granted
        What the default privileges of its creator will grant on it.
    """
    name = str(table.qualified_name)
    items: list[list[Fragment]] = [columns.definition(column) for column in table.columns]
    items.extend([_constraint(check)] for check in _sorted(table.checks))
    body: list[Fragment] = []
    for index, item in enumerate(items):
        body += ["," if index else "", "\n    ", *item]
    return [
        Statement.of(
            f"CREATE FOREIGN TABLE {name} (",
            body,
            "\n)" if items else ")",
            f" SERVER {quote_identifier(table.server)}",
            options_clause(table.options),
        ),
        *_attach(_bare(table), table),
        *_describe(None, table, granted, {}),
    ]


def _bare(table: ForeignTable) -> ForeignTable:
    return replace(table, inherits=(), partition_of=None)


def alter(before: ForeignTable, after: ForeignTable) -> list[Statement]:
    """Give the statements that turn one foreign table into another on the same server."""
    reshaping = _Reshaping.of(before, after)
    reshaped = is_reshaped(before, after)
    meanwhile = _bare(before) if reshaped else before
    return [
        *_rename(before, after),
        *_detach(before, after, everything=reshaped),
        *_reshape(before, after, reshaping),
        *_attach(
            replace(
                meanwhile,
                inherits=meanwhile.inherits & after.inherits,
                partition_of=meanwhile.partition_of
                if meanwhile.partition_of == after.partition_of
                else None,
            ),
            after,
        ),
        *_describe(before, after, before.grants or frozenset(), reshaping.kept),
    ]


def parents_of(table: ForeignTable) -> set[QualifiedName]:
    """Give the tables that a foreign table inherits from, or is a partition of."""
    parents = set(table.inherits)
    if table.partition_of is not None:
        parents.add(table.partition_of.parent)
    return parents


def is_reshaped(before: ForeignTable, after: ForeignTable) -> bool:
    """Tell whether columns or checks change, for which it is taken from its parents meanwhile."""
    return before.column_set != after.column_set or before.checks != after.checks


def drop(table: ForeignTable, *, cascade: bool = False) -> list[Statement]:
    """Give the statements that drop a foreign table."""
    end = " CASCADE" if cascade else ""
    return [Statement.of(f"DROP FOREIGN TABLE {table.qualified_name}{end}")]


def _rename(before: ForeignTable, after: ForeignTable) -> list[Statement]:
    name = before.qualified_name
    statements: list[Statement] = []
    if before.schema != after.schema:
        statements.append(
            Statement.of(f"ALTER FOREIGN TABLE {name} SET SCHEMA {quote_identifier(after.schema)}")
        )
        name = replace(name, schema=after.schema)
    if before.name != after.name:
        statements.append(
            Statement.of(f"ALTER FOREIGN TABLE {name} RENAME TO {quote_identifier(after.name)}")
        )
    return statements


def _detach(before: ForeignTable, after: ForeignTable, *, everything: bool) -> list[Statement]:
    name = after.qualified_name
    parents = before.inherits if everything else before.inherits - after.inherits
    statements = [
        Statement.of(f"ALTER FOREIGN TABLE {name} NO INHERIT {parent}")
        for parent in sorted(parents, key=str)
    ]
    partition = before.partition_of
    if partition is not None and (everything or partition != after.partition_of):
        statements.append(Statement.of(f"ALTER TABLE {partition.parent} DETACH PARTITION {name}"))
    return statements


def _attach(meanwhile: ForeignTable, after: ForeignTable) -> list[Statement]:
    name = after.qualified_name
    statements = [
        Statement.of(f"ALTER FOREIGN TABLE {name} INHERIT {parent}")
        for parent in sorted(after.inherits - meanwhile.inherits, key=str)
    ]
    if after.partition_of is not None and after.partition_of != meanwhile.partition_of:
        partition: Partition = after.partition_of
        statements.append(
            Statement.of(
                f"ALTER TABLE {partition.parent} ATTACH PARTITION {name} {partition.bound}"
            )
        )
    return statements


@dataclass(frozen=True, slots=True)
class _Reshaping:
    """Which columns stay, by their new names, and which of those must be made anew."""

    kept: dict[str, tuple[Column, Column]]
    renewed: dict[str, tuple[Column, Column]]
    retyped: bool

    @classmethod
    def of(cls, before: ForeignTable, after: ForeignTable) -> _Reshaping:
        pairs = paired_columns(before, after)
        retyped = any(
            (old.type, old.collation) != (new.type, new.collation) for old, new in pairs.values()
        )
        renewed = {
            name: pair
            for name, pair in pairs.items()
            if columns.is_replaced(*pair, retyped=retyped)
        }
        kept = {name: pair for name, pair in pairs.items() if name not in renewed}
        return cls(kept, renewed, retyped)

    def dropped(self, before: ForeignTable) -> list[Column]:
        """The columns to drop, generated ones first since they are computed from others."""
        stay = {old.name for old, _ in self.kept.values()}
        gone = [column for column in before.columns if column.name not in stay]
        return sorted(gone, key=lambda column: column.generated is None)

    def added(self, after: ForeignTable) -> list[Column]:
        """The columns to add, generated ones last."""
        new = [column for column in after.columns if column.name not in self.kept]
        return sorted(new, key=lambda column: column.generated is not None)


def held_columns(before: ForeignTable, after: ForeignTable) -> frozenset[str]:
    """Give the columns that are dropped or get another type, which queries on them forbid."""
    kept = _Reshaping.of(before, after).kept.values()
    stay = {old.name for old, new in kept if (old.type, old.collation) == (new.type, new.collation)}
    return frozenset(column.name for column in before.columns) - stay


def typed_columns(before: ForeignTable | None, after: ForeignTable) -> list[Column]:
    """Give the columns whose type and collation the statements name: new and changed ones."""
    kept = {} if before is None else _Reshaping.of(before, after).kept
    same = {
        name
        for name, (old, new) in kept.items()
        if (old.type, old.collation) == (new.type, new.collation)
    }
    return [column for column in after.columns if column.name not in same]


def paired_columns(before: ForeignTable, after: ForeignTable) -> dict[str, tuple[Column, Column]]:
    """Pair old and new columns; on the way back, what was renamed knows its former name."""
    old = {column.name: column for column in before.columns}
    new_names = {column.name for column in after.columns}
    back = {column.renamed_from: column.name for column in before.columns}
    taken = set(old) & new_names
    pairs: dict[str, tuple[Column, Column]] = {}
    for column in after.columns:
        candidates = (column.renamed_from, back.get(column.name))
        former = (
            column.name
            if column.name in old
            else next((name for name in candidates if name in old and name not in taken), None)
        )
        if former is not None:
            taken.add(former)
            pairs[column.name] = (old[former], column)
    return pairs


def _reshape(before: ForeignTable, after: ForeignTable, reshaping: _Reshaping) -> list[Statement]:
    table = f"FOREIGN TABLE {after.qualified_name}"
    same_checks = frozenset[Check]() if reshaping.retyped else before.checks & after.checks
    statements = [
        Statement.of(f"ALTER {table} DROP CONSTRAINT {quote_identifier(check.name)}")
        for check in _sorted(before.checks - same_checks)
    ]
    statements += [
        Statement.of(f"ALTER {table} DROP COLUMN {quote_identifier(column.name)}")
        for column in reshaping.dropped(before)
    ]
    statements += _rename_columns(reshaping.kept.values(), table)
    for old, new in reshaping.kept.values():
        statements += columns.alter_statements(columns.renamed(old, new.name), new, table)
    statements += [
        Statement.of(f"ALTER {table} ADD COLUMN ", columns.definition(column))
        for column in reshaping.added(after)
    ]
    options = alter_options_clause(before.options, after.options)
    if options:
        statements.append(Statement.of(f"ALTER {table}", options))
    statements += [
        Statement.of(f"ALTER {table} ADD {_constraint(check)}")
        for check in _sorted(after.checks - same_checks)
    ]
    return statements


def _rename_columns(pairs: Iterable[tuple[Column, Column]], table: str) -> list[Statement]:
    return [
        Statement.of(
            f"ALTER {table} RENAME COLUMN {quote_identifier(old.name)} "
            f"TO {quote_identifier(new.name)}"
        )
        for old, new in pairs
        if old.name != new.name
    ]


def _describe(
    before: ForeignTable | None,
    after: ForeignTable,
    granted: Grants,
    kept: Mapping[str, tuple[Column, Column]],
) -> list[Statement]:
    name = str(after.qualified_name)
    statements = comment_statements(
        before.comment if before else None, after.comment, f"FOREIGN TABLE {name}"
    )
    if after.owner is not None and (before is None or before.owner != after.owner):
        statements.append(
            Statement.of(f"ALTER FOREIGN TABLE {name} OWNER TO {quote_role(after.owner)}")
        )
    had = without_owner(granted, after.owner)
    statements += grant_statements(had, after.grants, f"TABLE {name}")
    wanted = had if after.grants is None else after.grants
    revoked = {(grant.role, grant.privilege) for grant in had}
    revoked -= {(grant.role, grant.privilege) for grant in wanted}
    for column in after.columns:
        old = kept[column.name][0] if column.name in kept else None
        statements += columns.comment_and_grant_statements(
            old, column, name, after.owner, frozenset(revoked)
        )
    return statements


def _constraint(check: Check) -> str:
    end = " NO INHERIT" if check.no_inherit else ""
    return f"CONSTRAINT {quote_identifier(check.name)} CHECK ({check.expression}){end}"


def _sorted(checks: frozenset[Check]) -> list[Check]:
    return sorted(checks, key=lambda check: check.name)
