"""``exclave fdw check``: a wrapper tried without a server."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table as Shown

from exclave.cli.exit import told_errors
from exclave.cli.fdw.asked import AsJson, NoColor, WithTraceback, errors
from exclave.cli.federation.given import pairs
from exclave.errors import ExclaveError, ProjectError
from exclave.fdw import ForeignDataWrapper, ImportedTable
from exclave.fdw.bridge import wrapper_class
from exclave.fdw.failure import describe
from exclave.fdw.options import Level
from exclave.fdw.redaction import redacted
from exclave.fdw.trial import Trial, options_of

T = TypeVar("T")
Given = Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="May be repeated.")]
_LEVELS: tuple[Level, ...] = ("mapping", "server", "table", "wrapper", "import")


class WrapperFailedError(ExclaveError):
    """What went wrong in a class, as PostgreSQL would tell it."""


def check(
    wrapper: Annotated[str, typer.Argument(metavar="CLASS", help="package.module:Class")],
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:TYPE", help="A column of the table; may be repeated."),
    ] = None,
    table_option: Given = None,
    server_option: Given = None,
    mapping_option: Given = None,
    wrapper_option: Given = None,
    import_option: Given = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VARIABLE",
            help="A secret option, of whichever level has it, from an environment variable.",
        ),
    ] = None,
    import_schema: Annotated[
        str | None,
        typer.Option(metavar="SCHEMA", help="Show what IMPORT FOREIGN SCHEMA would make."),
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="How many rows to scan at most.")] = 5,
    as_json: AsJson = False,
    no_color: NoColor = False,
    with_traceback: WithTraceback = False,
) -> None:
    """Import a class, check options, plan, explain and scan some rows, without PostgreSQL.

    Without --column nothing is scanned.
    """
    with told_errors(errors(no_color), with_traceback=with_traceback):
        for folder in (Path.cwd() / "src", Path.cwd()):
            sys.path.insert(0, str(folder))
        cls = _asked("importing the class", lambda: wrapper_class(wrapper))
        given: dict[Level, dict[str, str]] = {
            "table": pairs(table_option, "--table-option"),
            "server": pairs(server_option, "--server-option"),
            "mapping": pairs(mapping_option, "--mapping-option"),
            "wrapper": pairs(wrapper_option, "--wrapper-option"),
            "import": pairs(import_option, "--import-option"),
        }
        _refuse_secrets(cls, given)
        _add_secrets(cls, given, pairs(secret, "--secret"))
        found = _found(cls, _columns(column), given, rows, import_schema)
        if as_json:
            typer.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))
        else:
            _show(Console(no_color=no_color or None, highlight=False, markup=False), found)


def _columns(given: list[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in given or ():
        name, colon, kind = each.partition(":")
        if not (name and colon and kind):
            raise ProjectError("--column takes NAME:TYPE, such as --column id:bigint.")
        found[name] = kind
    return found


def _refuse_secrets(
    cls: type[ForeignDataWrapper], given: Mapping[Level, Mapping[str, str]]
) -> None:
    for level, options in given.items():
        declared = options_of(cls, level).declared
        for name in options:
            if name in declared and declared[name].secret:
                raise ProjectError(
                    f"--{level}-option {name}=…: it is a secret, and others can see command lines. "
                    f"Put it in an environment variable and give --secret {name}=VARIABLE."
                )


def _add_secrets(
    cls: type[ForeignDataWrapper], given: dict[Level, dict[str, str]], secrets: Mapping[str, str]
) -> None:
    for name, variable in secrets.items():
        levels: list[Level] = [
            level for level in _LEVELS if name in options_of(cls, level).declared
        ]
        if not levels:
            raise ProjectError(f"--secret {name}=…: {cls.__qualname__} has no such option.")
        if variable not in os.environ:
            raise ProjectError(f"--secret {name}={variable}: the variable is not set.")
        given[levels[0]][name] = os.environ[variable]


def _found(
    cls: type[ForeignDataWrapper],
    columns: Mapping[str, str],
    given: Mapping[Level, Mapping[str, str]],
    rows: int,
    schema: str | None,
) -> dict[str, Any]:
    has_mapping = bool(given["mapping"]) or any(
        option.required for option in cls.MappingOptions.declared.values()
    )
    trial = _asked(
        "checking the options",
        lambda: Trial(
            cls,
            columns,
            given["table"],
            given["server"],
            given["mapping"] if has_mapping else None,
            given["wrapper"],
            type_oids=_type_oids(columns),
        ),
    )
    found: dict[str, Any] = {"class": f"{cls.__module__}:{cls.__qualname__}"}
    if schema is not None:
        tables = _asked("import_schema", lambda: trial.imported(schema, given["import"]))
        found["tables"] = [_described(table) for table in tables]
    plan = _asked("plan_scan", trial.plan)
    found["plan"] = {
        "remote": json.loads(redacted(json.dumps(dict(plan.remote)))),
        "rows": plan.rows,
        "width": plan.width,
        "startup_cost": plan.startup_cost,
        "cost": plan.cost,
    }
    found["explain"] = _asked("explain", lambda: trial.explain(plan))
    if columns:
        found["columns"] = [*columns]
        found["rows"] = [list(row) for row in _asked("scan", lambda: trial.rows(limit=rows))]
    return found


def _type_oids(columns: Mapping[str, str]) -> dict[str, int]:
    from psycopg import postgres

    known = {kind: postgres.types.get(kind) for kind in columns.values()}
    return {kind: info.oid for kind, info in known.items() if info is not None}


def _asked(phase: str, ask: Callable[[], T]) -> T:
    """Ask the class for something; its exceptions are told as PostgreSQL would."""
    try:
        return ask()
    except Exception as error:
        _, message, detail, hint = describe(error)
        parts = [f"{phase}: {message}", detail, hint and f"Hint: {hint}"]
        raise WrapperFailedError("\n".join(part for part in parts if part)) from error


def _described(table: ImportedTable) -> dict[str, Any]:
    columns = {column.name: column.type for column in table.columns}
    return {"name": table.name, "columns": columns, "options": dict(table.options)}


def _show(console: Console, found: dict[str, Any]) -> None:
    plan = found["plan"]
    console.print(f"{found['class']} is a wrapper.", soft_wrap=True)
    for table in found.get("tables", ()):
        columns = ", ".join(f"{name} {kind}" for name, kind in table["columns"].items())
        console.print(f"imports {table['name']} ({columns})", soft_wrap=True)
    rows = "?" if plan["rows"] is None else plan["rows"]
    console.print(
        f"plan: rows={rows} cost={plan['startup_cost']}..{plan['cost']} "
        f"{json.dumps(plan['remote'], ensure_ascii=False)}",
        soft_wrap=True,
    )
    for label, value in found["explain"].items():
        console.print(f"{label}: {value}", soft_wrap=True)
    if "rows" in found:
        shown = Shown(*found["columns"])
        for row in found["rows"]:
            shown.add_row(*("NULL" if value is None else str(value) for value in row))
        Console(width=1000, no_color=console.no_color, highlight=False, markup=False).print(shown)
