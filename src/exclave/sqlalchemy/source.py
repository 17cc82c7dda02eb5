"""Declarations as a Python module in SQLAlchemy's way: a metadata with foreign tables."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

import sqlalchemy as sa

from exclave.errors import DeclarationError
from exclave.objects import Column, ForeignTable, Generated, MaterializedView, ViewColumn
from exclave.objects.module import assembled, assignment, commented
from exclave.objects.python_format import (
    Atom,
    Call,
    Node,
    block,
    call,
    called,
    formatted,
    make_dict,
    make_list,
    string,
)
from exclave.objects.selection import Selection
from exclave.objects.source import SecretHook, Writer, refuse
from exclave.plan.differences import parents_first
from exclave.plan.view_order import used_first
from exclave.sqlalchemy.expression import expression_of, sql_of
from exclave.sqlalchemy.naming import DEFAULT_SCHEMA, Naming
from exclave.sqlalchemy.type_source import type_node

_ANY = Naming()
_TRUE = Atom("True")


def module_of(
    selection: Selection, *, secret: SecretHook = refuse, default_schema: str = DEFAULT_SCHEMA
) -> str:
    """Write a module with a `MetaData`, what `register_foreign` takes, foreign tables and views.

    Parameters
    ----------
    selection
        What to declare.
    secret
        Gives the reference to write for a secret that has no source; see
        `exclave.objects.source.source_of`.
    default_schema
        Tables of this schema are declared without one.

    Returns
    -------
    str
        The module, formatted. Types that SQLAlchemy has no class for, such as enumerations and
        domains, are a `NamedType`.

    Raises
    ------
    DeclarationError
        When a secret has no source and `secret` refuses it.
    """
    writer = _Writer(secret, default_schema)
    names = _Names()
    objects = selection.objects
    kinds = (ForeignTable, MaterializedView)
    registered = [value for value in objects if not isinstance(value, kinds)]
    register = call("register_foreign", Atom("metadata"), *map(writer.node, registered))
    tables = {
        names.of(table): writer.table(table)
        for table in parents_first(objects.foreign_tables.values())
    }
    tables |= {
        names.of(view): writer.view(view)
        for view in used_first(objects.materialized_views.values())
    }
    statements = [
        "metadata = sa.MetaData()",
        *([formatted(register)] if registered else []),
        *(assignment(name, node) for name, node in tables.items()),
        *commented(selection.hidden, writer),
    ]
    used = {name for node in tables.values() for name in called(node)}
    used |= {register.name} if registered else set()
    return assembled(_imports(used, writer.imports()), statements)


def _imports(used: set[str], of_exclave: list[str]) -> Iterator[str]:
    roots = {name.partition(".")[0] for name in used}
    yield from of_exclave or (["import exclave as xc"] if "xc" in roots else [])
    yield "import sqlalchemy as sa"
    own = [
        name
        for name in ("ForeignTable", "MaterializedView", "NamedType", "register_foreign")
        if name in used
    ]
    if own:
        yield f"from exclave.sqlalchemy import {', '.join(own)}"
    if "postgresql" in roots:
        yield "from sqlalchemy.dialects import postgresql"


class _Writer(Writer):
    def __init__(self, secret: SecretHook, default_schema: str) -> None:
        super().__init__(secret=secret)
        self._default_schema = default_schema

    def table(self, table: ForeignTable) -> Call:
        keywords: dict[str, Node] = {"server": string(table.server)}
        keywords |= self._table_options(table)
        keywords |= self._by_column(table)
        if table.inherits:
            parents = sorted(table.inherits, key=str)
            keywords["inherits"] = make_list(string(str(parent)) for parent in parents)
        if table.partition_of is not None:
            keywords["partition_of"] = self.node(table.partition_of)
        if table.owner is not None:
            keywords["owner"] = string(table.owner)
        if table.grants is not None:
            keywords["grants"] = self.grants(table.grants)
        if table.schema != self._default_schema:
            keywords["schema"] = string(table.schema)
        if table.comment is not None:
            keywords["comment"] = string(table.comment)
        checks = sorted(table.checks, key=lambda check: check.name)
        return call(
            "ForeignTable",
            string(table.name),
            Atom("metadata"),
            *map(self._column, table.columns),
            *(
                call(
                    "sa.CheckConstraint",
                    _text(check.expression),
                    name=string(check.name),
                    **_no_inherit(check.no_inherit),
                )
                for check in checks
            ),
            **keywords,
        )

    def view(self, view: MaterializedView) -> Call:
        keywords: dict[str, Node] = {}
        if view.indexes:
            keywords["indexes"] = make_list(map(self.node, view.indexes))
        if not view.with_data:
            keywords["with_data"] = Atom("False")
        if granted := {column.name: column.grants for column in view.columns if column.grants}:
            keywords["column_grants"] = make_dict(
                {name: self.grants(each) for name, each in granted.items()}
            )
        if view.owner is not None:
            keywords["owner"] = string(view.owner)
        if view.grants is not None:
            keywords["grants"] = self.grants(view.grants)
        if view.schema != self._default_schema:
            keywords["schema"] = string(view.schema)
        if view.comment is not None:
            keywords["comment"] = string(view.comment)
        return call(
            "MaterializedView",
            string(view.name),
            Atom("metadata"),
            call("sa.text", _text(view.query)),
            *map(_view_column, view.columns),
            **keywords,
        )

    def _table_options(self, table: ForeignTable) -> dict[str, Node]:
        keywords: dict[str, Node] = {}
        options = table.options
        for name, keyword_name in (
            ("schema_name", "remote_schema"),
            ("table_name", "remote_table"),
        ):
            value = options.get(name)
            if isinstance(value, str):
                keywords[keyword_name] = string(value)
                options = options.without(name)
        if options:
            keywords["options"] = self.options(options, table)
        return keywords

    def _by_column(self, table: ForeignTable) -> dict[str, Node]:
        keywords: dict[str, Node] = {}
        options = {column.name: column.options for column in table.columns if column.options}
        grants = {column.name: column.grants for column in table.columns if column.grants}
        if options:
            keywords["column_options"] = make_dict(
                {name: self.options(each, table) for name, each in options.items()}
            )
        if grants:
            keywords["column_grants"] = make_dict(
                {name: self.grants(each) for name, each in grants.items()}
            )
        return keywords

    def _column(self, column: Column) -> Call:
        arguments: list[Node] = [string(column.name), type_node(column.type, column.collation)]
        keywords: dict[str, Node] = {}
        if column.generated == Generated(f"NULL::{column.type}"):
            keywords["server_default"] = call("sa.FetchedValue")
        elif column.generated is not None:
            persisted = Atom(repr(column.generated.stored))
            arguments.append(
                call("sa.Computed", _text(column.generated.expression), persisted=persisted)
            )
        elif column.identity is not None:
            always: dict[str, Node] = {"always": _TRUE} if column.identity == "ALWAYS" else {}
            arguments.append(call("sa.Identity", **always))
        elif column.default is not None:
            keywords["server_default"] = call("sa.text", _text(column.default))
        if column.not_null and column.identity is None:
            keywords["nullable"] = Atom("False")
        if column.comment is not None:
            keywords["comment"] = string(column.comment)
        return call("sa.Column", *arguments, **keywords)


def _view_column(column: ViewColumn) -> Call:
    keywords: dict[str, Node] = {}
    if column.comment is not None:
        keywords["comment"] = string(column.comment)
    type_ = type_node(column.type or "text", None)
    return call("sa.Column", string(column.name), type_, **keywords)


def _no_inherit(no_inherit: bool) -> dict[str, Node]:
    return {"info": make_dict({"no_inherit": _TRUE})} if no_inherit else {}


def _text(sql: str) -> Atom:
    """Write SQL so that SQLAlchemy reads it back, with no more backslashes than it needs."""
    if ":" in sql:
        try:
            escaped = sql_of(sa.text(sql), _ANY) != sql
        except DeclarationError:
            escaped = True
        if escaped:
            return string(expression_of(sql).text)
    return block(sql)


class _Names:
    """Gives each table a name of its own in the module."""

    def __init__(self) -> None:
        self._taken = {"metadata", "postgresql", "register_foreign", "sa", "xc"}

    def of(self, table: ForeignTable | MaterializedView) -> str:
        plain, number = _identifier(table.name), 2
        name = plain
        if name in self._taken:
            plain = name = _identifier(f"{table.schema}_{table.name}")
        while name in self._taken:
            name, number = f"{plain}_{number}", number + 1
        self._taken.add(name)
        return name


def _identifier(name: str) -> str:
    word = re.sub(r"\W+", "_", name, flags=re.ASCII).lower().strip("_") or "table"
    if word[0].isdigit():
        word = f"table_{word}"
    return f"{word}_" if keyword.iskeyword(word) else word
