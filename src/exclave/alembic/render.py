"""Operations as the Python source of a migration."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from exclave.alembic.operations import ForeignOperation
from exclave.objects import (
    ForeignObject,
    ForeignTable,
    MaterializedView,
    UserMapping,
    Wrapper,
)
from exclave.objects.names import PUBLIC
from exclave.objects.python_format import (
    Atom,
    Call,
    Dict,
    List,
    Node,
    formatted,
    make_dict,
    string,
)
from exclave.objects.source import Writer

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

WIDTH = 88 - 4
"""Columns of a line, as formatters have it, less the indentation that Alembic adds."""

_IMPORT = "import exclave as xc"
_PREFIX = "xc."

_NAMES = frozenset(
    {"server", "wrapper", "role", "name", "query", "with_data", "uses", "extension", "renamed_from"}
)
"""Parameters that identify an object, or tell nothing of how it is to be."""

Keywords = dict[str, Node]


def register() -> None:
    """Have Alembic render the operations with `render`."""
    from alembic.autogenerate.render import renderers

    renderers.dispatch_for(ForeignOperation, replace=True)(render)


def render(context: AutogenContext, operation: ForeignOperation) -> list[str]:
    """Give the lines of an operation, before it as comments what must be known of its secrets.

    Raises
    ------
    DeclarationError
        When an operation that autogenerate has not made holds the value of a secret.
    """
    if isinstance(operation.subject, Wrapper) and not operation.change.statements:
        return []  # its extension does it
    source = _Source(Writer(_PREFIX), context.dialect.default_schema_name)
    prefix = context.opts.get("alembic_module_prefix") or ""
    node = source.call(operation, f"{prefix}{operation.name}")
    if source.writer.names:
        context.imports.add(_IMPORT)
    return [*_comments(operation.notes), formatted(node, width=WIDTH)]


def _comments(notes: tuple[str, ...]) -> list[str]:
    return [
        line
        for note in notes
        for line in textwrap.wrap(
            " ".join(note.split()), WIDTH, initial_indent="# ", subsequent_indent="# "
        )
    ]


def _query(text: str) -> Atom:
    """Write a query as a constant a line: Alembic would indent the lines of a longer one."""
    lines = [string(line).text for line in re.findall(r"[^\n]*\n|[^\n]+", text)]
    if len(lines) == 1:
        return string(text)
    return Atom("\n".join(["(", *(f"        {line}" for line in lines), "    )"]))


@dataclass(frozen=True, slots=True)
class _Source:
    writer: Writer
    default_schema: str | None

    def call(self, operation: ForeignOperation, name: str) -> Call:
        before, after = operation.before, operation.after
        if before is None:
            assert after is not None
            return self._creation(after, name)
        arguments, keywords = self._names(before)
        if after is not None:
            keywords["before"] = self._side(before, before)
            keywords["after"] = self._side(after, before)
        elif isinstance(before, Wrapper) and before.extension:
            keywords["extension"] = string(before.extension)
        return Call(name, arguments, tuple(keywords.items()))

    def _creation(self, value: ForeignObject, name: str) -> Call:
        arguments, keywords = self._parts(value)
        keywords.pop("renamed_from", None)
        if isinstance(value, ForeignTable):
            columns = cast("List", keywords.pop("columns"))
            arguments = (string(value.name), *columns.items)
            server = {"server": keywords.pop("server")}
            keywords = {**server, **self._schema(value), **keywords}
        elif isinstance(value, MaterializedView):
            arguments = (string(value.name), _query(value.query))
            keywords = {**self._schema(value), **keywords}
        return Call(name, arguments, tuple(keywords.items()))

    def _parts(self, value: ForeignObject) -> tuple[tuple[Node, ...], Keywords]:
        """Give an object's arguments, with a table's columns and schema among those by name."""
        node = self.writer.node(value)
        self.writer.names.discard(type(value).__name__)
        assert isinstance(node, Call)
        arguments, keywords = node.arguments, dict(node.keywords)
        if isinstance(value, ForeignTable | MaterializedView):
            keywords.pop("schema", None)
        if isinstance(value, ForeignTable):
            keywords = {"columns": arguments[1], **keywords}
        return arguments, keywords

    def _names(self, value: ForeignObject) -> tuple[tuple[Node, ...], Keywords]:
        match value:
            case UserMapping():
                role = "PUBLIC" if value.role == PUBLIC else value.role
                return (string(value.server), string(role)), {}
            case ForeignTable() | MaterializedView():
                return (string(value.name),), self._schema(value)
            case _:
                return (string(value.name),), {}

    def _schema(self, value: ForeignTable | MaterializedView) -> Keywords:
        return {} if value.schema == self.default_schema else {"schema": string(value.schema)}

    def _side(self, value: ForeignObject, before: ForeignObject) -> Dict:
        """Give the properties of one side of an alteration, and what is new of its name."""
        _, keywords = self._parts(value)
        properties = {name: node for name, node in keywords.items() if name not in _NAMES}
        if isinstance(value, ForeignTable) and not value.columns:
            del properties["columns"]
        names = {
            part: string(getattr(value, part))
            for part in ("name", "schema")
            if part == "name" or isinstance(value, ForeignTable | MaterializedView)
            if getattr(value, part, None) != getattr(before, part, None)
        }
        return make_dict({**names, **properties})
