"""What CREATE EXTENSION and ALTER EXTENSION need."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from exclave.objects import Extension, Schema
from exclave.objects.quoting import quote_identifier
from exclave.plan.extension import alter
from exclave.plan.need import Need
from exclave.plan.state import Key


def to_create_extension(value: Extension, role: str, made: Collection[Key]) -> Iterator[Need]:
    """Give what creating an extension needs.

    Parameters
    ----------
    value
        The extension.
    role
        Who creates it.
    made
        What the plan makes before.
    """
    name = value.name
    yield Need(
        "extension available",
        name,
        f"{value}: it is not installed on the server's machine; install the package that brings "
        "it.",
    )
    if value.version is not None:
        yield Need(
            "extension version",
            name,
            f'{value}: the server\'s machine has no version "{value.version}" of it; declare one '
            "that it has, or none to take the usual one.",
            schema=value.version,
        )
    yield Need(
        "extension creatable",
        name,
        f'{value}: the role "{role}" may not create the extension "{name}".',
        f"CREATE EXTENSION {quote_identifier(name)};",
    )
    yield from _schema(value, made)


def to_alter_extension(
    before: Extension, after: Extension, role: str, made: Collection[Key]
) -> Iterator[Need]:
    """Give what another version or schema of an extension needs; see `to_create_extension`."""
    if before.version != after.version and after.version is not None:
        yield Need(
            "extension update",
            after.name,
            f'{after}: the server\'s machine has nothing that makes version "{after.version}" of '
            f'version "{before.version}"; install the package that does, or declare a version '
            "that it has.",
            schema=after.version,
        )
    if before.schema != after.schema:
        yield from _schema(after, made)
    yield Need(
        "extension owned",
        after.name,
        f'{after} belongs to a role that "{role}" is no member of.',
        " ".join(f"{statement.text};" for statement in alter(before, after)),
    )


def _schema(value: Extension, made: Collection[Key]) -> Iterator[Need]:
    if value.schema is not None and (Schema, value.schema) not in made:
        yield Need(
            "schema exists",
            value.schema,
            f'{value}: the schema "{value.schema}" does not exist; declare a Schema, or create it.',
            f"CREATE SCHEMA {quote_identifier(value.schema)};",
        )
