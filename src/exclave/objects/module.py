"""Whole Python modules of declarations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from exclave.objects.catalog import ForeignObject
from exclave.objects.materialized_view import MaterializedView
from exclave.objects.python_format import Node, call, formatted, make_list
from exclave.objects.secret import Hidden, Secret
from exclave.objects.selection import Selection
from exclave.objects.source import SecretHook, SecretPlace, Writer, refuse
from exclave.objects.user_mapping import UserMapping

DOCSTRING = '"""Foreign objects of a PostgreSQL database, as exclave found them."""'


def module_of(selection: Selection, *, secret: SecretHook = refuse) -> str:
    """Write a module that declares objects as ``catalog = xc.Catalog([…])``.

    Parameters
    ----------
    selection
        What to declare.
    secret
        Gives the reference to write for a secret that has no source; see `source_of`.

    Returns
    -------
    str
        The module, formatted.

    Raises
    ------
    DeclarationError
        When a secret has no source and `secret` refuses it.
    """
    writer = Writer(secret=secret)
    values = map(shortened, selection.objects)
    objects = call(writer.name("Catalog"), make_list(map(writer.node, values)))
    return assembled(
        writer.imports(), [assignment("catalog", objects), *commented(selection.hidden, writer)]
    )


def shortened(value: ForeignObject) -> ForeignObject:
    """Leave out columns of materialized views of which nothing is said."""
    if not isinstance(value, MaterializedView):
        return value
    said = [each for each in value.columns if each.comment is not None or each.grants is not None]
    return replace(value, columns=said)


def assembled(imports: Iterable[str], statements: Sequence[str]) -> str:
    """Put a module together from its lines of import and its statements."""
    head = f"{DOCSTRING}\n\n" + "".join(f"{line}\n" for line in imports)
    return "\n".join([head, *(f"{statement}\n" for statement in statements)])


def assignment(name: str, node: Node) -> str:
    """Write a statement that gives a name to a value."""
    return f"{name} = {formatted(node, before=len(name) + len(' = '))}"


def commented(hidden: Sequence[UserMapping], writer: Writer) -> list[str]:
    """Write, as a comment, user mappings whose options are not known; a list of one or none.

    Options of which only the names are known stand there with a reference to the environment.
    """
    if not hidden:
        return []
    lines = [
        "These user mappings have options that the role which read the database may not see.",
        "Declare those that are yours, with all of their options.",
    ]
    for mapping in hidden:
        lines += formatted(writer.node(_with_references(mapping)), width=98).splitlines()
    return ["\n".join(f"# {line}" for line in lines)]


def _with_references(mapping: UserMapping) -> UserMapping:
    if isinstance(mapping.options, Hidden):
        return mapping
    return replace(
        mapping,
        options={
            name: Secret.env(SecretPlace(mapping, name).variable)
            if isinstance(value, Hidden)
            else value
            for name, value in mapping.options.items()
        },
    )
