"""A wrapper that asks what roles may do."""

from __future__ import annotations

from collections.abc import Iterator

from exclave.fdw import (
    ForeignDataWrapper,
    Options,
    ScanContext,
    ScanPlan,
    WrapperError,
    has_role,
    is_superuser,
)


class Rights(ForeignDataWrapper):
    """Says of the user who scans what he may; its tables may be made by readers of files only."""

    class TableOptions(Options):
        role: str

    @classmethod
    def check_rights(cls, level: str, options: Options) -> None:
        if level == "table" and not has_role("pg_read_server_files"):
            raise WrapperError("not for everybody", sqlstate="42501")

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[object, ...]]:
        table = context.table
        role = getattr(table.options, "role", "")
        values = {"has": has_role(role, table.user_oid), "super": is_superuser(table.user_oid)}
        yield tuple(values[name] for name in plan.columns)
